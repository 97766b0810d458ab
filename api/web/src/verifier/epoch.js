/** Epoch statements: what a charity signs of a book's trees. Counterpart of verifier/charity/epoch.py. Sums and sizes are bigints. */
import { concat } from './bytes.js';
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { readEvidence } from './credential.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';
import { readReceipts } from './levels.js';
import { BOOK_BYTES, MAX_DAY } from './line.js';
import { MAX_TREE_SIZE, treeOfVds } from './merkle.js';
import { entryBody } from './receipt.js';
import { judge } from './statement.js';
import { MAX_SUM, u64 } from './sumtree.js';

const FORMAT = 'fund-epoch';
const MAX_BYTES = 64 * 1024;
const MAX_EPOCH = (1n << 53n) - 1n;

/** @typedef {{size: bigint, root: Uint8Array, sum: bigint}} Head a sum tree; `root` is its 40-byte node */
/** @typedef {{iss: string, iat: number, book: Uint8Array, epoch: number, tree: import('./merkle.js').TreeHash, inflows: Head, outflows: Head, settled: Uint8Array, events: bigint, eventsRoot: Uint8Array, previous: Uint8Array | null, day: number}} EpochClaims `settled`: the 40-byte root of the settled tree */
/** @typedef {{sign1: Sign1, claims: EpochClaims, entrySalt: Uint8Array | null, receipts: Uint8Array[], checkpoints: Uint8Array[]}} Epoch parsed, *unverified* */
/** @typedef {import('./trust-bundle.js').TrustBundle} TrustBundle */

/** A list of exactly `count` elements as a map by their places. @param {Map<any, any>} m @param {number} key @param {number} count @returns {Map<any, any>} */
function numbered(m, key, count) {
  const items = fields.array(FORMAT, m, key, count);
  if (items.length !== count) throw new Malformed(FORMAT, 'list', `key ${key}`);
  return new Map(items.entries());
}

/** @param {Map<any, any>} m @param {any} key @param {bigint} maximum */
const big = (m, key, maximum) => BigInt(fields.uint(FORMAT, m, key, maximum));

/** @param {Map<any, any>} m @param {number} key @returns {Head} */
function head(m, key) {
  const items = numbered(m, key, 3);
  const [size, sum] = [big(items, 0, MAX_TREE_SIZE), big(items, 2, MAX_SUM)];
  if (sum < size || (size === 0n) !== (sum === 0n)) throw new Malformed(FORMAT, 'tree', `key ${key}`); // every leaf has a fen
  return { size, root: concat(fields.octets(FORMAT, items, 1, 32), u64(sum)), sum };
}

/** @param {Uint8Array} payload @returns {EpochClaims} */
function parseClaims(payload) {
  const m = fields.mapping(FORMAT, cbor.decode(payload), [L.CWT_ISS, L.CWT_IAT, L.CWT_CTI, L.CWT_MZ]);
  const p = fields.mapping(FORMAT, m.get(L.CWT_MZ), [1, 2, 3, 4, 5, 6, 7, 8]);
  const [settled, events] = [numbered(p, 5, 3), numbered(p, 6, 2)];
  const [inflows, outflows] = [head(p, 3), head(p, 4)];
  const claims = {
    iss: fields.uscc(FORMAT, m, L.CWT_ISS),
    iat: fields.time(FORMAT, m, L.CWT_IAT),
    book: fields.octets(FORMAT, m, L.CWT_CTI, BOOK_BYTES),
    epoch: Number(fields.uint(FORMAT, p, 1, MAX_EPOCH)),
    tree: treeOfVds(fields.integer(FORMAT, p, 2)),
    inflows,
    outflows,
    settled: concat(fields.octets(FORMAT, settled, 0, 32), u64(outflows.sum)),
    events: big(events, 0, MAX_TREE_SIZE),
    eventsRoot: fields.octets(FORMAT, events, 1, 32),
    previous: p.get(7) === null ? null : fields.octets(FORMAT, p, 7, 32),
    day: fields.uint(FORMAT, p, 8, MAX_DAY),
  };
  const done = big(settled, 1, MAX_SUM) + big(settled, 2, MAX_SUM);
  if (claims.epoch < 1 || (claims.epoch === 1) !== (claims.previous === null)) throw new Malformed(FORMAT, 'epoch');
  if (done > outflows.sum || outflows.sum > inflows.sum) throw new Malformed(FORMAT, 'totals'); // more out than in, or settled than paid
  return claims;
}

/** With or without the way into the log. Unknown members are refused. Throws Malformed. @param {Uint8Array} data @returns {Epoch} */
export function parseEpoch(data) {
  const sign1 = Sign1.parse(data, L.TYP_FUND_EPOCH, MAX_BYTES);
  fields.mapping(FORMAT, sign1.headers, [1, 4, 16]);
  const header = fields.mapping(FORMAT, sign1.unprotected, [], [L.HDR_RECEIPTS, L.HDR_ENTRY_SALT, L.HDR_CHECKPOINTS]);
  if (sign1.payload === null) throw new Malformed(FORMAT, 'payload');
  return { sign1, claims: parseClaims(sign1.payload), ...readEvidence(header) };
}

/** "OK" if a key of the charity that may sign donations made it, good at the time; the bundle's own time is judged elsewhere. @param {Epoch} epoch @param {TrustBundle} trust @param {number} at @returns {string} */
export function judgeSigned(epoch, trust, at) {
  const { iss, iat } = epoch.claims;
  const key = trust.issuerKey(iss, epoch.sign1.kid);
  const reason = judge(epoch.sign1, key, iat, at, Boolean(trust.issuer(iss)));
  const signed = reason === 'OK' || reason === 'NOT_YET_VALID';
  return key && !key.kinds.includes(L.KIND_DONATION) && signed ? 'KEY_NOT_ALLOWED_FOR_KIND' : reason;
}

/** Log trees that good receipts show it in, and what the receipts come to. @param {Epoch} epoch @param {TrustBundle} trust @param {number} at @returns {[import('./levels.js').ProvenTree[], string]} */
export function treesOf(epoch, trust, at) {
  if (epoch.entrySalt === null) return [[], 'RECEIPT_MISSING'];
  return readReceipts(trust, epoch.receipts, entryBody(epoch.entrySalt, epoch.sign1.encodeBare()), epoch.claims.iat, at);
}

/** Whether its key was revoked and no log tree is older: a stolen key can back-date at will. @param {Epoch} epoch @param {TrustBundle} trust @param {import('./levels.js').ProvenTree[]} trees @returns {boolean} */
export function needsOlderReceipt(epoch, trust, trees) {
  const revoked = trust.issuerKey(epoch.claims.iss, epoch.sign1.kid)?.revokedFrom ?? null;
  return revoked !== null && !trees.some((tree) => tree.iat < revoked);
}
