/**
 * Levels L3 to L5: what logs, witnesses and chains say about the tree that a certificate stands in (steps 8 and 9).
 * Counterpart of verifier/levels.py. Nobody signs the list of what is brought along, so evidence that is damaged or beside
 * the point lowers nothing that was reached without it. Only a contradiction under a signature does.
 */
import { equal } from './bytes.js';
import { SignedNote } from './checkpoint.js';
import { cosigners } from './cosignature.js';
import { Malformed, guarded } from './errors.js';
import { CLOCK_SKEW } from './fields.js';
import { AnchorProof } from './finality/proof.js';
import { Receipt } from './receipt.js';

/** @typedef {import('./trust-bundle.js').TrustBundle} TrustBundle */
/** @typedef {import('./report.js').Need} Need */
/** @typedef {{origin: string, size: number | bigint, root: Uint8Array, iat: number}} ProvenTree that a good receipt shows the certificate in */
/** @typedef {{chain: string, chainId: number | bigint, block: {number: number | bigint, time: number | bigint, hash: string} | null}} AnchorSeen `block` null: an observation, whose block nobody proved */
/** @typedef {{origin: string, size: number | bigint, root: Uint8Array, reason: string, needs: Need[], seen: AnchorSeen | null}} Anchored somebody's word on a root in the contract; OK if he is believed */
/** @typedef {{cosigned: string[], of: number}} WitnessesSeen */
/** @template T @typedef {{reason: string, needs: Need[], seen: T | null}} Answer what a level comes to, and what would help */

/** @param {{origin: string, size: number | bigint}} a @param {{origin: string, size: number | bigint}} b */
const samePlace = (a, b) => a.origin === b.origin && BigInt(a.size) === BigInt(b.size);
/** @param {Need[]} needs @returns {Need[]} */
const distinct = (needs) => needs.filter((n, i) => needs.findIndex((m) => m.what === n.what && m.ref === n.ref) === i);

/**
 * The tree of a good receipt for the entry `body`; undefined for a log or log key that the bundle does not know. Throws
 * Malformed or Unsupported if it is bad.
 * @param {TrustBundle} trust @param {Uint8Array} data @param {Uint8Array} body @param {number} issuedAt @returns {ProvenTree | undefined}
 */
export function checkReceipt(trust, data, body, issuedAt) {
  const receipt = new Receipt(data);
  const log = trust.log(receipt.origin);
  const key = log && log.keys.find((k) => equal(k.key.kid, receipt.sign1.kid));
  if (!log || !key) return undefined;
  const leaf = receipt.tree.leaf(body);
  if (log.tree !== receipt.tree || !receipt.verify(key.key, leaf)) throw new Malformed('receipt', 'signature');
  if (receipt.iat < key.notBefore || receipt.iat >= key.notAfter) throw new Malformed('receipt', 'key-validity');
  if (receipt.iat < issuedAt - CLOCK_SKEW) throw new Malformed('receipt', 'time');
  return { origin: receipt.origin, size: receipt.size, root: receipt.root(leaf), iat: receipt.iat };
}

/**
 * Trees of the good ones, and what they all come to at time `at`: one good one is enough, one bad one too much.
 * @param {TrustBundle} trust @param {Iterable<Uint8Array>} receipts @param {Uint8Array} body @param {number} issuedAt @param {number} at
 * @returns {[ProvenTree[], string]}
 */
export function readReceipts(trust, receipts, body, issuedAt, at) {
  const good = [];
  let unknown = false;
  let early = false;
  for (const data of receipts) {
    const tree = guarded(() => checkReceipt(trust, data, body, issuedAt), () => null);
    if (tree === null) return [[], 'RECEIPT_INVALID'];
    if (tree === undefined) unknown = true;
    else if (tree.iat > at + CLOCK_SKEW) early = true; // rightly signed: whose clock is wrong we cannot say
    else good.push(tree);
  }
  if (good.length) return [good, 'OK'];
  return [good, early ? 'NOT_YET_VALID' : unknown ? 'RECEIPT_LOG_UNKNOWN' : 'RECEIPT_MISSING'];
}

/** The notes among them that can be read: one that cannot shows nothing, for or against. @param {Iterable<Uint8Array>} items @returns {SignedNote[]} */
export function readNotes(items) {
  return [...items].flatMap((data) => guarded(() => [new SignedNote(data)], () => []));
}

/** What a caller brings along about logs and chains, read once; each proof is checked here, once. */
export class Evidence {
  /**
   * @param {TrustBundle} trust @param {Iterable<import('./anchor.js').AnchorObservation>} anchors
   * @param {Iterable<Uint8Array>} checkpoints @param {Iterable<Uint8Array>} proofs
   */
  constructor(trust, anchors, checkpoints, proofs) {
    this.trust = trust;
    this.notes = readNotes(checkpoints);
    const read = [...proofs].map((data) => guarded(() => new AnchorProof(data), () => null));
    this.unreadable = read.includes(null); // remembered: silence would look like absence
    /** @type {Anchored[]} */
    this.words = [
      ...[...anchors].map((seen) => this.observed(seen)),
      ...read.flatMap((proof) => (proof ? [this.proven(proof)] : [])),
    ];
  }

  /** The bundle's entries for that contract: several if it states an older set of validators beside the newest. @param {{chainId: number | bigint, contract: Uint8Array}} seen */
  places(seen) {
    return this.trust.chains.filter((c) => c.chainId === seen.chainId && equal(c.contract, seen.contract));
  }

  /** @param {import('./anchor.js').AnchorObservation} o @returns {Anchored} */
  observed(o) {
    const [chain] = this.places(o);
    const seen = chain ? { chain: chain.name, chainId: o.chainId, block: null } : null;
    return { origin: o.origin, size: o.size, root: o.root, reason: chain ? 'OK' : 'ANCHOR_UNKNOWN_CHAIN', needs: [], seen };
  }

  /** @param {AnchorProof} proof @returns {Anchored} */
  proven(proof) {
    const { origin, size, root, chainId } = proof;
    const places = this.places(proof);
    const stated = places.filter((c) => c.consensus !== null);
    const chain = stated.find((c) => guarded(() => (proof.check(c), true), () => false));
    if (chain) return { origin, size, root, reason: 'OK', needs: [], seen: { chain: chain.name, chainId, block: proof.block } };
    const needs = stated.length ? [] : [{ what: 'validators', ref: `of chain ${chainId} in the trust bundle` }];
    return { origin, size, root, reason: places.length ? 'ANCHOR_PROOF_INVALID' : 'ANCHOR_UNKNOWN_CHAIN', needs, seen: null };
  }

  /**
   * Level L4 at time `at`, from the notes of the holder's file (`carried`) and the caller's own.
   * @param {ProvenTree[]} trees @param {SignedNote[]} carried @param {number} at @returns {Answer<WitnessesSeen>}
   */
  witnessed(trees, carried, at) {
    const forked = { reason: 'LOG_FORKED', needs: [], seen: null };
    if (trees.some((a) => trees.some((b) => samePlace(a, b) && !equal(a.root, b.root)))) return forked;
    /** @type {{need: Need | null, cosigned: Set<string>}[]} */
    const quorums = [];
    for (const tree of trees) {
      const signed = [...carried, ...this.notes].filter((n) => samePlace(n, tree) && this.logSigned(n, tree));
      if (signed.some((n) => !equal(n.root, tree.root))) return forked;
      quorums.push(this.quorum(tree, signed, at));
    }
    const reached = quorums.find((q) => q.need === null);
    const best = reached ?? quorums.reduce((a, b) => (b.cosigned.size > a.cosigned.size ? b : a), { need: null, cosigned: new Set() });
    const policy = this.trust.witnesses;
    const seen = policy && { cosigned: policy.witnesses.map((w) => w.name).filter((n) => best.cosigned.has(n)), of: policy.witnesses.length };
    if (reached) return { reason: 'OK', needs: [], seen };
    return { reason: 'QUORUM_NOT_REACHED', needs: distinct(quorums.flatMap((q) => q.need ?? [])), seen };
  }

  /** Whether a key of that log signed the note. A note has no time: the key must be valid at the receipt's. @param {SignedNote} note @param {ProvenTree} tree */
  logSigned(note, tree) {
    const keys = this.trust.log(tree.origin)?.keys ?? [];
    return keys
      .filter((k) => k.notBefore <= tree.iat && tree.iat < k.notAfter)
      .some((k) => guarded(() => note.verify(k.name, k.key), () => false)); // a key for receipts only has no note signatures
  }

  /**
   * Who cosigned, and what is missing: `need` is null if one of the notes is cosigned by a quorum.
   * @param {ProvenTree} tree @param {SignedNote[]} signed @param {number} at @returns {{need: Need | null, cosigned: Set<string>}}
   */
  quorum(tree, signed, at) {
    const policy = this.trust.witnesses;
    /** @type {Set<string>} */
    let cosigned = new Set();
    if (policy === null) return { need: { what: 'witness-policy', ref: 'in the trust bundle' }, cosigned };
    const place = `${tree.origin} at size ${tree.size}`;
    if (!signed.length) return { need: { what: 'checkpoint', ref: `${place}, cosigned by ${policy.quorum}` }, cosigned };
    for (const note of signed) {
      const names = cosigners(note, policy, at);
      if (policy.reached(names)) return { need: null, cosigned: names };
      if (names.size > cosigned.size) cosigned = names;
    }
    const count = `${cosigned.size} of ${policy.witnesses.length} witnesses`;
    return { need: { what: 'cosignatures', ref: `${place}: ${count}, not enough for ${policy.quorum}` }, cosigned };
  }

  /** Level L5. @param {ProvenTree[]} trees @returns {Answer<AnchorSeen>} */
  anchored(trees) {
    const needs = trees.map((t) => ({ what: 'anchor', ref: `${t.origin} at size ${t.size}` }));
    /** @type {{reason: string, seen: AnchorSeen | null}[]} */
    const answers = this.unreadable ? [{ reason: 'ANCHOR_PROOF_INVALID', seen: null }] : [];
    for (const tree of trees) {
      for (const said of this.words.filter((a) => samePlace(a, tree))) {
        const contradicts = said.reason === 'OK' && !equal(said.root, tree.root);
        answers.push({ reason: contradicts ? 'ANCHOR_MISMATCH' : said.reason, seen: said.seen });
        needs.push(...said.needs);
      }
    }
    // one contradiction outweighs every agreement: the log showed the chain another tree than us
    const order = ['ANCHOR_MISMATCH', 'OK', 'ANCHOR_PROOF_INVALID', 'ANCHOR_UNKNOWN_CHAIN'];
    const reason = order.find((r) => answers.some((a) => a.reason === r)) ?? 'ANCHOR_MISSING';
    const good = answers.filter((a) => a.reason === 'OK' && a.seen);
    const seen = reason === 'OK' ? (good.find((a) => a.seen?.block) ?? good[0])?.seen ?? null : null; // what is proven before what is said
    return { reason, needs: distinct(needs), seen };
  }
}
