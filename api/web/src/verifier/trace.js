/**
 * Checking a donor's trace in the browser: the same steps, reasons and outcomes as verifier/charity/trace.py, kept so by the golden
 * vectors. What is proven is what the charity signed, as of the epochs inside; not that a payee exists or a voucher is true.
 */
import { Verifier } from './assess.js';
import { equal, hex } from './bytes.js';
import * as cbor from './cbor.js';
import { judgeSigned, needsOlderReceipt, parseEpoch, treesOf } from './epoch.js';
import { Malformed, ProofInvalid, Unsupported, guarded } from './errors.js';
import * as fields from './fields.js';
import { CLOCK_SKEW } from './fields.js';
import { follow, startOf } from './follow.js';
import { memberOffset, merkleBytes, parseHop } from './hop.js';
import { readNotes } from './levels.js';
import { BOOK_BYTES, IN } from './line.js';
import { SECRET_BYTES, commitment, parseDetails } from './opening.js';
import { FAILED, INDETERMINATE, PASSED, iso, outcomeOf } from './report.js';

const FORMAT = 'donor-trace';
const MAX_BYTES = 4 << 20;
const MAX_HOPS = 16;
const LEVELS = ['L1', 'L2', 'L3', 'L4', 'L5'];
/** @type {Record<number, string>} */
const CLAUSE = {
  1: 'docs/formats/donor-trace.md',
  2: 'docs/formats/trust-bundle.md',
  4: 'docs/formats/fund-epoch.md; RFC 9052 4.4',
  6: 'docs/formats/receipt-code.md',
  8: 'RFC 9942 5.2; RFC 9162 2.1.3.2',
  9: 'docs/formats/cosignature.md, witness-policy.md, anchor-registry.md',
  13: 'docs/formats/donor-trace.md, sum-tree.md',
};

/** @typedef {import('./hop.js').Hop} Hop */
/** @typedef {import('./epoch.js').Epoch} Epoch */
/** @typedef {import('./follow.js').Portion} Portion */
/** @typedef {{hops: Hop[], epochs: Map<string, Epoch>, details: import('./opening.js').Details | null, secret: Uint8Array | null}} Trace parsed, *unverified*; epochs by book in hexadecimal */
/** @typedef {{book: Uint8Array, charity: string, amount: bigint, day: number, start: bigint, grouped: boolean, opened: boolean, donation: Uint8Array | null, goods: boolean | null}} Donated */
/** @typedef {{outcome: string, reason: string, checkedAt: number, findings: import('./report.js').Finding[], levels: Record<string, string>, needs: import('./report.js').Need[], donated: Donated | null, charityName: {zh: string, en: string} | null, portions: Portion[], asOf: {book: string, epoch: number, at: number}[], merkleBytes: number, trustSequence: number, trustRoot: string}} TraceReport */

/** Whether the bytes begin as a trace does. @param {Uint8Array} data */
export function isTrace(data) {
  return [0xa5, 1, 1, 2].every((byte, i) => data[i] === byte);
}

/** Throws Malformed, or Unsupported for another version. @param {Uint8Array} data @returns {Trace} */
export function parseTrace(data) {
  const m = fields.mapping(FORMAT, cbor.decode(data, { maxBytes: MAX_BYTES }), [1, 2, 3, 4, 5]);
  if (fields.uint(FORMAT, m, 1) !== 1) throw new Unsupported("donor's trace: version not known");
  if ((m.get(2) === null) !== (m.get(3) === null)) throw new Malformed(FORMAT, 'opening', 'details and secret go together');
  const hops = fields.array(FORMAT, m, 4, MAX_HOPS).map(parseHop);
  if (!hops.length) throw new Malformed(FORMAT, 'no-hops');
  const epochs = parseEpochs(m.get(5));
  const books = new Set(hops.map((hop) => hex(hop.book)));
  if (books.size !== epochs.size || [...books].some((book) => !epochs.has(book))) throw new Malformed(FORMAT, 'epochs', "not of the hops' books");
  const details = m.get(2) === null ? null : parseDetails(m.get(2));
  return { hops, epochs, details, secret: m.get(3) === null ? null : fields.octets(FORMAT, m, 3, SECRET_BYTES) };
}

/** @param {unknown} value @returns {Map<string, Epoch>} */
function parseEpochs(value) {
  if (!(value instanceof Map) || value.size > MAX_HOPS) throw new Malformed(FORMAT, 'epochs');
  const found = new Map();
  for (const [book, data] of value) {
    if (!(book instanceof Uint8Array) || book.length !== BOOK_BYTES || !(data instanceof Uint8Array)) throw new Malformed(FORMAT, 'epochs');
    found.set(hex(book), parseEpoch(data));
  }
  return found;
}

/**
 * Check a trace at time `at` (seconds UTC). Never throws on bad input; RangeError for a level that is none.
 * @param {Uint8Array} data
 * @param {import('./trust-bundle.js').TrustBundle | Verifier} trust a bundle, with evidence as options; or a verifier that has both
 * @param {{at: number, level?: string | null, anchors?: any[], checkpoints?: Uint8Array[], proofs?: Uint8Array[]}} options
 * @returns {TraceReport}
 */
export function checkTrace(data, trust, { at, level = null, anchors = [], checkpoints = [], proofs = [] }) {
  if (level !== null && !LEVELS.includes(level)) throw new RangeError('level: expected one of L1 to L5');
  const verifier = trust instanceof Verifier ? trust : new Verifier(trust, [], anchors, { checkpoints, proofs });
  return new Check(verifier, at, level ?? 'L3').report(data);
}

/** A contradiction before what is missing, and that before OK. @param {string[]} reasons */
const worst = (reasons) => [FAILED, INDETERMINATE, PASSED].flatMap((o) => reasons.filter((r) => outcomeOf(r) === o))[0];

/** State of one check. */
class Check {
  /** @param {Verifier} verifier @param {number} at @param {string} level */
  constructor(verifier, at, level) {
    this.v = verifier;
    this.at = at;
    this.level = level;
    /** @type {import('./report.js').Finding[]} */
    this.findings = [];
    /** @type {import('./report.js').Need[]} */
    this.needs = [];
    /** @type {Record<string, string>} */
    this.levels = {};
    /** @type {Donated | null} */
    this.donated = null;
    /** @type {Portion[]} */
    this.portions = [];
  }

  /** @param {number} step @param {string} reason @param {string} [detail] */
  note(step, reason, detail = '') {
    this.findings.push({ step, reason, clause: CLAUSE[step], detail });
  }

  /** @param {Uint8Array} data @returns {TraceReport} */
  report(data) {
    const { trust } = this.v;
    const trace = guarded(() => parseTrace(data), (e) => {
      this.note(1, 'MALFORMED_FILE', e.message);
      return /** @type {any} */ (null);
    });
    if (trace === null) return this.conclude(null);
    if (this.at < trust.issuedAt - CLOCK_SKEW || this.at >= trust.expires) {
      this.needs.push({ what: 'trust-bundle', ref: 'newer than the one given' });
      this.note(2, 'TRUST_EXPIRED');
    }
    if (this.signed(trace)) {
      this.logged(trace);
      this.followed(trace);
    }
    return this.conclude(trace);
  }

  /** Steps 3 to 5. @param {Trace} trace @returns {boolean} */
  signed(trace) {
    const epochs = [...trace.epochs];
    const reasons = epochs.map(([book, epoch]) => this.epoch(book, epoch));
    if (new Set(epochs.map(([, epoch]) => epoch.claims.iss)).size !== 1) {
      this.note(13, 'TRACE_INVALID', 'epochs of several charities');
      return false;
    }
    this.levels.L1 = worst(reasons);
    if (this.levels.L1 === 'OK') this.note(4, 'OK');
    return this.levels.L1 === 'OK';
  }

  /** @param {string} book @param {Epoch} epoch @returns {string} */
  epoch(book, { claims, sign1 }) {
    if (hex(claims.book) !== book) {
      this.note(13, 'TRACE_INVALID', 'an epoch of another book');
      return 'TRACE_INVALID';
    }
    const reason = judgeSigned(/** @type {any} */ ({ claims, sign1 }), this.v.trust, this.at);
    if (reason !== 'OK') this.note(4, reason, 'of an epoch');
    if (['ISSUER_UNKNOWN', 'KEY_UNKNOWN', 'ALGORITHM_UNSUPPORTED'].includes(reason)) {
      this.needs.push({ what: 'issuer-key', ref: `${claims.iss}/${hex(sign1.kid)}` });
    }
    return reason;
  }

  /** Steps 8 and 9: each epoch by itself; a level is reached when all of them reach it. @param {Trace} trace */
  logged(trace) {
    /** @type {Record<string, string[]>} */
    const found = { L2: [], L3: [], L4: [], L5: [] };
    for (const epoch of trace.epochs.values()) {
      const [good, reason] = treesOf(epoch, this.v.trust, this.at);
      found.L2.push(reason);
      found.L3.push(reason);
      if (this.counts(this.level === 'L1' ? '' : 'L3', reason) || reason === 'NOT_YET_VALID') {
        this.needs.push({ what: 'receipt', ref: 'of a log that the trust bundle names' });
        this.note(8, reason);
      }
      if (reason !== 'RECEIPT_INVALID' && needsOlderReceipt(epoch, this.v.trust, good)) {
        this.needs.push({ what: 'receipt', ref: "older than the revocation of the issuer's key" });
        this.note(4, 'KEY_REVOKED');
      }
      const { evidence } = this.v;
      const answers = { L4: evidence.witnessed(good, readNotes(epoch.checkpoints), this.at), L5: evidence.anchored(good) };
      for (const [name, answer] of Object.entries(answers)) {
        found[name].push(answer.reason);
        if (this.counts(name, answer.reason)) {
          this.needs.push(...answer.needs);
          this.note(9, answer.reason);
        }
      }
    }
    for (const [name, reasons] of Object.entries(found)) this.levels[name] = worst(reasons);
  }

  /** A contradiction in any case; what is only missing, if the caller asked for it. @param {string} name @param {string} reason */
  counts(name, reason) {
    const asked = name === this.level || (name === 'L3' && this.level !== 'L1');
    return reason !== 'OK' && (asked || outcomeOf(reason) === FAILED);
  }

  /** Steps 6 and 13. @param {Trace} trace */
  followed(trace) {
    guarded(() => {
      const donated = donatedOf(trace);
      if (trace.details !== null && !opens(trace)) {
        this.note(6, 'DISCLOSURE_INVALID', "the details are not this donation's");
        return;
      }
      this.portions = trail(trace, [donated.start, donated.start + donated.amount]);
      this.donated = donated;
      this.note(13, 'OK');
    }, (e) => this.note(13, 'TRACE_INVALID', e.message));
  }

  /** @param {Trace | null} trace @returns {TraceReport} */
  conclude(trace) {
    const faults = this.findings.filter((f) => f.reason !== 'OK');
    const reason = (faults.find((f) => outcomeOf(f.reason) === FAILED) ?? faults[0])?.reason ?? 'OK';
    const shown = outcomeOf(reason) === FAILED ? null : this.donated;
    const { trust } = this.v;
    const epochs = shown && trace ? [...trace.epochs] : [];
    return {
      outcome: outcomeOf(reason),
      reason,
      checkedAt: this.at,
      findings: this.findings,
      levels: this.levels,
      needs: this.needs.filter((n, i) => this.needs.findIndex((o) => o.what === n.what && o.ref === n.ref) === i),
      donated: shown,
      charityName: (shown && trust.issuer(shown.charity)?.name) ?? null,
      portions: shown ? this.portions : [],
      asOf: epochs.map(([book, { claims }]) => ({ book, epoch: claims.epoch, at: claims.iat })),
      merkleBytes: trace ? trace.hops.reduce((n, hop) => n + merkleBytes(hop), 0) : 0,
      trustSequence: trust.sequence,
      trustRoot: trust.rootFingerprint,
    };
  }
}

/** @param {Trace} trace @returns {EpochClaims} @param {Hop} hop @typedef {import('./epoch.js').EpochClaims} EpochClaims */
function claimsOf(trace, hop) {
  return /** @type {Epoch} */ (trace.epochs.get(hex(hop.book))).claims;
}

/** The donation that the first hop begins with. Throws Malformed or ProofInvalid. @param {Trace} trace @returns {Donated} */
function donatedOf(trace) {
  const [hop] = trace.hops;
  const claims = claimsOf(trace, hop);
  const start = startOf(hop, claims);
  const within = hop.member ? memberOffset(claims.tree, hop.book, hop.member, hop.inflow) : 0n;
  const leaf = hop.member?.leaf ?? hop.inflow;
  if (leaf.kind !== IN.DONATION) throw new Malformed(FORMAT, 'not-a-donation');
  return {
    book: hop.book, charity: claims.iss, amount: leaf.amount, day: leaf.day, start: start + within, grouped: hop.member !== null,
    opened: trace.details !== null, donation: trace.details?.donation ?? null, goods: trace.details?.goods ?? null,
  };
}

/** Whether the details are what the leaf commits to, and speak of this fund and this charity. @param {Trace} trace @returns {boolean} */
function opens(trace) {
  const [hop] = trace.hops;
  const { details, secret } = trace;
  if (details === null || secret === null) return false;
  const leaf = hop.member?.leaf ?? hop.inflow;
  return equal(commitment(details, secret), leaf.ref) && equal(details.book, hop.book)
    && details.charity === claimsOf(trace, hop).iss && details.amount === leaf.amount && details.day === leaf.day;
}

/** What became of the donation's serials over all hops. Throws Malformed or ProofInvalid. @param {Trace} trace @param {import('./follow.js').Range} donated @returns {Portion[]} */
function trail(trace, donated) {
  /** @type {Map<string, import('./follow.js').Part[]>} */
  const going = new Map();
  /** @type {Portion[]} */
  const ended = [];
  trace.hops.forEach((hop, number) => {
    const claims = claimsOf(trace, hop);
    const start = startOf(hop, claims);
    const mine = number === 0 ? [donated] : arrived(going, hop, start);
    for (const part of follow(hop, claims, mine)) {
      if (part.link === null) ended.push(part.portion);
      else going.set(linkKey(part.link), [...(going.get(linkKey(part.link)) ?? []), part]);
    }
  });
  for (const parts of going.values()) ended.push(...parts.map((part) => part.portion));
  if (ended.reduce((n, p) => n + p.amount, 0n) !== donated[1] - donated[0]) {
    throw new ProofInvalid('coverage', 'not all serials are accounted for');
  }
  return ended;
}

/** @param {import('./follow.js').Link} link */
const linkKey = ({ book, kind, ref, total }) => `${hex(book)}/${kind}/${hex(ref)}/${total}`;

/** The serials of the hop's inflow that parts of the donation became; they are then followed. @param {Map<string, import('./follow.js').Part[]>} going @param {Hop} hop @param {bigint} start @returns {import('./follow.js').Range[]} */
function arrived(going, hop, start) {
  const { kind, ref, amount } = hop.inflow;
  const key = linkKey({ book: hop.book, kind, ref, total: amount });
  const parts = going.get(key);
  if (!parts || hop.member) throw new ProofInvalid('hop', 'no part of the donation leads there, or not all of it is shown');
  going.delete(key);
  /** @type {import('./follow.js').Range[]} */
  const ranges = parts.map((p) => [start + p.offset, start + p.offset + p.portion.amount]);
  ranges.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1));
  if (ranges.some((r, i) => i && ranges[i - 1][1] > r[0]) || ranges[ranges.length - 1][1] > start + amount) {
    throw new ProofInvalid('hop', 'the same serials twice');
  }
  return ranges;
}

/** A number where it is exact, which serials of a real fund are; what a forger signed beyond that stays a bigint. @param {bigint} n */
const exact = (n) => (n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n);

/** The JSON form of the Python report. @param {TraceReport} r @returns {Record<string, any>} */
export function traceJson(r) {
  const reached = Object.keys(r.levels).filter((l) => r.levels[l] === 'OK').sort();
  const d = r.donated;
  return {
    outcome: r.outcome,
    reason: r.reason,
    level: reached.pop() ?? null,
    levels: Object.fromEntries(Object.entries(r.levels).map(([l, reason]) => [l, { outcome: outcomeOf(reason), reason }])),
    donation: d && {
      id: d.donation && hex(d.donation), book: hex(d.book), charity: d.charity, charity_name: { ...r.charityName },
      amount: exact(d.amount), day: d.day, serials: [exact(d.start), exact(d.start + d.amount)], grouped: d.grouped, opened: d.opened, goods: d.goods,
    },
    portions: r.portions.map((p) => ({
      state: p.state, amount: exact(p.amount), book: hex(p.book), serials: [exact(p.start), exact(p.start + p.amount)],
      outflow: p.outflow === null ? null : exact(p.outflow), day: p.day, cost_class: p.costClass, allocation: p.allocation,
      reference: p.reference && hex(p.reference), settlement: p.digest && hex(p.digest),
    })),
    as_of: r.asOf.map(({ book, epoch, at }) => ({ book, epoch, at: iso(at) })),
    merkle_bytes: r.merkleBytes,
    findings: r.findings.map((f) => ({ step: f.step, code: f.reason, outcome: outcomeOf(f.reason), clause: f.clause, detail: f.detail })),
    needs: r.needs.map((n) => ({ ...n })),
    checked_at: iso(r.checkedAt),
    trust: { sequence: r.trustSequence, root: r.trustRoot },
  };
}
