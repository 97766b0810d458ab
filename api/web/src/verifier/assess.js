/**
 * The verification procedure in the browser: the same steps, reasons and outcomes as verifier/assess.py, kept so
 * by running every golden vector through both.
 */
import { equal, hex } from './bytes.js';
import { parseCode } from './code.js';
import { parseCertificate, parseHolderFile } from './credential.js';
import { checkDocument, checkDocumentSeal, isDocument, readDocument } from './documents.js';
import { Malformed, guarded } from './errors.js';
import { CLOCK_SKEW, MAX_TIME } from './fields.js';
import { ALGORITHMS } from './labels.js';
import { Evidence, readNotes, readReceipts } from './levels.js';
import { entryBody } from './receipt.js';
import { FAILED, INDETERMINATE, outcomeOf } from './report.js';
import { StatusLists } from './statuses.js';

const LEVELS = ['L1', 'L2', 'L3', 'L4', 'L5'];

/** @type {Record<number, string>} */
const CLAUSE = {
  1: 'docs/formats/minzheng-code.md, certificate.md',
  2: 'docs/formats/trust-bundle.md',
  3: 'docs/formats/trust-bundle.md',
  4: 'RFC 9052 4.4; GB/T 32918.2 clause 7',
  5: 'RFC 8392 3; docs/formats/certificate.md',
  6: 'docs/formats/certificate.md (disclosure)',
  7: 'draft-ietf-oauth-status-list 8.3',
  8: 'RFC 9942 5.2; RFC 9162 2.1.3.2',
  9: 'docs/formats/cosignature.md, witness-policy.md, anchor-registry.md',
  10: 'docs/formats/rendition.md',
  11: 'GB/T 38540-2020 7.3; docs/formats/e-seal.md',
};

/** A step after which nothing further can be said. */
class Stop extends Error {}

/** Trust material read once, to check many certificates with. Every status list's signature is checked here, once. */
export class Verifier {
  /**
   * @param {import('./trust-bundle.js').TrustBundle} trust @param {Iterable<Uint8Array>} [statuses]
   * @param {Iterable<import('./anchor.js').AnchorObservation>} [anchors] read from the chain through a node that the caller trusts
   * @param {{checkpoints?: Iterable<Uint8Array>, proofs?: Iterable<Uint8Array>, crls?: Iterable<Uint8Array>}} [more] notes beside
   *   those that a holder's file carries; anchor proofs, each checked here, once; DER revocation lists of the authorities
   *   behind e-seals, without which the bundle alone says what is revoked
   */
  constructor(trust, statuses = [], anchors = [], { checkpoints = [], proofs = [], crls = [] } = {}) {
    this.trust = trust;
    this.crls = [...crls];
    this.statuses = new StatusLists(trust, statuses);
    this.evidence = new Evidence(trust, anchors, checkpoints, proofs);
  }

  /**
   * Check a code (string) or a holder's file (bytes) at time `at` (seconds UTC). Never throws on bad input.
   * @param {string | Uint8Array} data @param {{at: number, level?: string | null}} options
   * @returns {import('./report.js').Report}
   */
  assess(data, { at, level = null }) {
    if (!Number.isSafeInteger(at) || at < 0 || at > MAX_TIME) throw new RangeError('at: expected seconds from 1970 to 9999');
    if (level !== null && !LEVELS.includes(level)) throw new RangeError('level: expected one of L1 to L5');
    return new Run(this, at, level).report(data);
  }
}

/** State of one assessment. */
class Run {
  /** @param {Verifier} verifier @param {number} at @param {string | null} level */
  constructor(verifier, at, level) {
    this.v = verifier;
    this.trust = verifier.trust;
    this.at = at;
    this.level = level;
    /** @type {import('./credential.js').Certificate | null} */
    this.cert = null;
    /** @type {import('./credential.js').HolderFile | null} */
    this.file = null;
    /** @type {import('./report.js').Finding[]} */
    this.findings = [];
    /** @type {import('./report.js').Need[]} */
    this.needs = [];
    /** @type {Record<string, string>} */
    this.levels = {};
    /** @type {import('./report.js').Report['status']} */
    this.status = null;
    /** @type {import('./report.js').Report['seen']} */
    this.seen = { witnesses: null, anchor: null };
    /** @type {import('./documents.js').Document | null} */
    this.document = null;
    /** @type {import('./report.js').DocumentSeen | null} */
    this.documentSeen = null;
  }

  /** @param {string | Uint8Array} data */
  report(data) {
    try {
      const cert = this.read(data);
      this.trustInForce();
      const key = this.issuerKey(cert);
      this.signature(cert, key);
      this.claims(cert.claims, key);
      this.disclosures(cert.claims);
      this.statusStep(cert.claims);
      this.witnessesAndAnchor(this.receipts(cert, key));
      this.documentStep(cert);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    return this.conclude();
  }

  /** @param {number} step @param {string} reason @param {string} [detail] */
  note(step, reason, detail = '') {
    this.findings.push({ step, reason, clause: CLAUSE[step], detail });
  }

  /** @param {number} step @param {string} reason @param {string} [detail] @returns {never} */
  stop(step, reason, detail) {
    this.note(step, reason, detail);
    throw new Stop();
  }

  /** Step 1. @param {string | Uint8Array} data */
  read(data) {
    if (typeof data === 'string') {
      this.level ??= 'L1'; // a printed code carries no receipt
      const raw = guarded(() => parseCode(data), (e) => this.stop(1, 'MALFORMED_CODE', e.message));
      this.cert = guarded(() => parseCertificate(raw), (e) => this.stop(1, 'MALFORMED_CREDENTIAL', e.message));
    } else {
      this.level ??= 'L3';
      this.file = guarded(() => parseHolderFile(this.holderFile(data)), (e) => this.stop(1, 'MALFORMED_FILE', e.message));
      this.cert = this.file.certificate;
    }
    return this.cert;
  }

  /** The file itself, or the one inside a document. @param {Uint8Array} data */
  holderFile(data) {
    if (!isDocument(data)) return data;
    this.document = readDocument(data);
    if (this.document.holderFile === null) throw new Malformed('document', 'holder-file', 'no certificate inside');
    return this.document.holderFile;
  }

  /** Step 2. */
  trustInForce() {
    if (this.at < this.trust.issuedAt - CLOCK_SKEW || this.at >= this.trust.expires) {
      this.needs.push({ what: 'trust-bundle', ref: 'newer than the one given' });
      this.note(2, 'TRUST_EXPIRED');
    }
  }

  /** Step 3. @param {import('./credential.js').Certificate} cert */
  issuerKey(cert) {
    const { iss } = cert.claims;
    const { alg, kid } = cert.sign1;
    const key = this.trust.issuerKey(iss, kid);
    if (key) return key;
    this.needs.push({ what: 'issuer-key', ref: `${iss}/${hex(kid)}` });
    if (!this.trust.issuer(iss)) this.stop(3, 'ISSUER_UNKNOWN');
    // only without the key: a key that the bundle does name fixes its algorithm, and any other is a mismatch
    return this.stop(3, ALGORITHMS.has(alg) ? 'KEY_UNKNOWN' : 'ALGORITHM_UNSUPPORTED');
  }

  /** Step 4. @param {import('./credential.js').Certificate} cert @param {import('./trust-bundle.js').IssuerKey} key */
  signature(cert, key) {
    if (cert.sign1.alg !== key.key.alg) this.stop(4, 'ALGORITHM_MISMATCH', 'the key does not allow this algorithm');
    if (!cert.sign1.verify(key.key)) this.stop(4, 'SIGNATURE_INVALID');
    this.note(4, 'OK');
    this.levels.L1 = 'OK';
  }

  /** Step 5. @param {import('./credential.js').Claims} c @param {import('./trust-bundle.js').IssuerKey} key */
  claims(c, key) {
    if (!this.trust.depths.has(`${c.kind}/${c.kindVersion}`)) this.note(5, 'KIND_UNKNOWN');
    if (!key.kinds.includes(c.kind)) this.note(5, 'KEY_NOT_ALLOWED_FOR_KIND');
    if (c.iat < key.notBefore || c.iat >= key.notAfter) this.note(5, 'KEY_NOT_VALID_AT_ISSUE');
    if (key.revokedFrom !== null && c.iat >= key.revokedFrom) {
      this.note(5, 'KEY_NOT_VALID_AT_ISSUE', 'issued after the key was revoked');
    }
    const latest = this.at + CLOCK_SKEW;
    if (c.iat > latest || (c.nbf !== null && c.nbf > latest)) this.note(5, 'NOT_YET_VALID');
    if (c.exp !== null && this.at >= c.exp) this.note(5, 'EXPIRED');
  }

  /** Step 6. @param {import('./credential.js').Claims} c */
  disclosures(c) {
    if (!this.file?.disclosures.length) return;
    const depth = this.trust.depths.get(`${c.kind}/${c.kindVersion}`);
    if (depth === undefined) return; // a kind of later days, as step 5 said: its fields are neither proven nor refuted
    const manifest = this.trust.manifest(c.kind, c.kindVersion);
    const bad = this.file.disclosures.find(
      (d) => !guarded(() => d.path.length === depth && equal(d.root(), c.root), () => false)
        || (manifest !== undefined && manifest.slots[d.slot]?.name !== d.name),
    );
    if (bad) this.note(6, 'DISCLOSURE_INVALID', `slot ${bad.slot}`);
    else this.note(6, 'OK');
  }

  /** Step 7. @param {import('./credential.js').Claims} c */
  statusStep(c) {
    const found = this.v.statuses.find(c.iss, c.status.uri, this.at);
    const reason = typeof found === 'string' ? found : this.statusOf(found, c.status.idx);
    this.note(7, reason);
    if (outcomeOf(reason) === INDETERMINATE) this.needs.push({ what: 'status-list', ref: c.status.uri });
  }

  /** Of lists issued in the same second the one that says "not valid" counts, then one that cannot tell. @param {import('./status-list.js').StatusList[]} lists @param {number} idx */
  statusOf(lists, idx) {
    const doubts = lists.map((list) => this.statusBit(list, idx)).filter((reason) => reason !== 'OK');
    return doubts.includes('STATUS_NOT_VALID') ? 'STATUS_NOT_VALID' : doubts[0] ?? 'OK';
  }

  /** @param {import('./status-list.js').StatusList} list @param {number} idx */
  statusBit(list, idx) {
    this.status = { issuedAt: list.iat, expires: list.exp, age: Math.max(0, this.at - list.iat) };
    if (this.at < list.iat - CLOCK_SKEW || this.at >= list.exp) return 'STATUS_STALE';
    return guarded(() => (list.isValid(idx) ? 'OK' : 'STATUS_NOT_VALID'), () => 'STATUS_OUT_OF_RANGE');
  }

  /**
   * Step 8.
   * @param {import('./credential.js').Certificate} cert @param {import('./trust-bundle.js').IssuerKey} key
   * @returns {import('./levels.js').ProvenTree[]} of the good ones
   */
  receipts(cert, key) {
    const salt = this.file?.entrySalt ?? null;
    const receipts = salt && this.file ? this.file.receipts : [];
    const body = salt && receipts.length ? entryBody(salt, cert.sign1.encodeBare()) : new Uint8Array();
    const [good, reason] = readReceipts(this.trust, receipts, body, cert.claims.iat, this.at);
    this.levels.L2 = this.levels.L3 = reason;
    if (outcomeOf(reason) !== INDETERMINATE || reason === 'NOT_YET_VALID') this.note(8, reason);
    else if (this.level !== 'L1') {
      this.needs.push({ what: 'receipt', ref: 'of a log that the trust bundle names' });
      this.note(8, reason);
    }
    if (reason !== 'RECEIPT_INVALID') this.revokedKey(key, good);
    return good;
  }

  /** A compromised key can back-date at will: only a log's time proves that a signature is older than that. @param {import('./trust-bundle.js').IssuerKey} key @param {import('./levels.js').ProvenTree[]} good */
  revokedKey({ revokedFrom }, good) {
    if (revokedFrom !== null && !good.some((tree) => tree.iat < revokedFrom)) {
      this.needs.push({ what: 'receipt', ref: "older than the revocation of the issuer's key" });
      this.note(5, 'KEY_REVOKED');
    }
  }

  /** Step 9. @param {import('./levels.js').ProvenTree[]} good */
  witnessesAndAnchor(good) {
    const { evidence } = this.v;
    const witnessed = evidence.witnessed(good, readNotes(this.file?.checkpoints ?? []), this.at);
    const anchored = evidence.anchored(good);
    this.seen = { witnesses: witnessed.seen, anchor: anchored.seen };
    this.independent('L4', witnessed);
    this.independent('L5', anchored);
  }

  /** Whoever did not ask for the level need not hear that it was not reached; a contradiction he must hear. @param {string} level @param {{reason: string, needs: import('./report.js').Need[]}} answer */
  independent(level, { reason, needs }) {
    this.levels[level] = reason;
    if (outcomeOf(reason) !== INDETERMINATE) {
      this.note(9, reason);
    } else if (this.level === level) {
      this.needs.push(...needs);
      this.note(9, reason);
    }
  }

  /** Steps 10 and 11. @param {import('./credential.js').Certificate} cert */
  documentStep(cert) {
    if (!this.document) return;
    const checked = checkDocument(this.document, cert.claims, this.trust, this.at, this.level ?? 'L3');
    for (const [reason, detail] of checked.reasons) this.note(10, reason, detail);
    this.needs.push(...checked.needs);
    const sealed = checkDocumentSeal(this.document, cert.claims, this.trust, this.at, this.v.crls, checked);
    if (sealed) this.note(11, ...sealed);
    this.documentSeen = checked.seen;
  }

  /** @returns {import('./report.js').Report} */
  conclude() {
    const faults = this.findings.filter((f) => f.reason !== 'OK');
    const decisive = faults.find((f) => outcomeOf(f.reason) === FAILED) ?? faults[0];
    const reason = decisive ? decisive.reason : 'OK';
    const signed = this.levels.L1 === 'OK';
    const claims = this.cert?.claims ?? null;
    if (!signed && claims) this.levels.L1 = reason;
    return {
      outcome: outcomeOf(reason),
      reason,
      checkedAt: this.at,
      findings: this.findings,
      levels: this.levels,
      needs: this.needs,
      kind: claims?.kind ?? null,
      issuer: claims?.iss ?? null,
      issuerName: (claims && this.trust.issuer(claims.iss)?.name) ?? null,
      issuedAt: claims?.iat ?? null,
      disclosed: signed ? this.disclosed() : {},
      public: signed ? claims?.public ?? null : null,
      status: this.status,
      seen: this.seen,
      trustSequence: this.trust.sequence,
      trustRoot: this.trust.rootFingerprint,
      document: this.documentSeen,
      presentation: null,
      manifest: (claims && this.trust.manifest(claims.kind, claims.kindVersion)) ?? null,
    };
  }

  /** Disclosed fields, only when every one of them was proven. */
  disclosed() {
    const proven = this.findings.some((f) => f.step === 6 && f.reason === 'OK');
    return Object.fromEntries(proven && this.file ? this.file.disclosures.map((d) => [d.name, d.value]) : []);
  }
}
