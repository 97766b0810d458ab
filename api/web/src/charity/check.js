/**
 * The check of a fund in the browser: the last epoch's signature and how far it is backed, every leaf of both lines against
 * the signed roots and totals, and this page's own figures against the leaves. The verifier is the module that the verify
 * page uses, fetched only now.
 */
import { Missing, Outage, bytes, maybe } from './client.js';

const MOST_LEAVES = 50_000; // that a telephone hashes in a few seconds
const IN_BYTES = 45;
const OUT_BYTES = 50;
const [DONATION, GROUP, PAYMENT_RETURNED, TRANSFER_IN, REDIRECTED_IN, INCOME] = [1, 2, 3, 4, 5, 6];
const PAYMENT = 1;
const CONTRADICTIONS = ['LOG_FORKED', 'ANCHOR_MISMATCH', 'RECEIPT_INVALID'];

/** @typedef {{state: 'done' | 'open' | 'wrong', key: string, params: Record<string, string>}} Line */
/** @typedef {{level: string, lines: Line[]}} Checked */

/** Null: what it needs could not be fetched. @param {any} fund the overview @returns {Promise<Checked | null>} */
export async function check(fund) {
  const root = `/v1/charity/books/${fund.book}`;
  try {
    const [verifier, trust, statement, anchor] = await Promise.all([
      module(), bytes('/v1/trust-bundle'), bytes(`${root}/epoch`), optional('/v1/anchors/proof')]);
    const lines = /** @type {Line[]} */ ([]);
    const report = verifier.assessEpoch(statement, new verifier.TrustBundle(trust), { at: Math.floor(Date.now() / 1000), proofs: anchor ? [anchor] : [] });
    const level = judged(lines, report);
    if (report.epoch && level !== '–') await itemised(lines, verifier, report.epoch, fund, root);
    return { level: lines.some((line) => line.state === 'wrong') ? '–' : level, lines };
  } catch (error) {
    if (!(error instanceof Missing || error instanceof Outage)) throw error;
    return null;
  }
}

/** @returns {Promise<any>} */
async function module() {
  try {
    return await import(/** @type {any} */ ('/static/verifier.js'));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Outage('the verifier cannot be fetched');
  }
}

/** @param {string} path */
async function optional(path) {
  try {
    return await bytes(path);
  } catch (error) {
    if (!(error instanceof Missing || error instanceof Outage)) throw error;
    return null; // a chain may prove no finality, or be down: that is level L4, not a failure
  }
}

/** What the report says, level by level. @param {Line[]} lines @param {any} report @returns {string} the level reached, a dash for none */
function judged(lines, report) {
  const { levels, epoch } = report;
  if (levels.L1 !== 'OK') {
    lines.push({ state: report.outcome === 'FAILED' ? 'wrong' : 'open', key: report.outcome === 'FAILED' ? 'check-signed-not' : 'check-signed-open', params: { reason: levels.L1 } });
    return '–';
  }
  lines.push({ state: 'done', key: 'check-signed', params: { epoch: String(epoch.claims.epoch) } });
  let reached = 'L1';
  for (const level of ['L3', 'L4', 'L5']) {
    const reason = levels[level] ?? 'RECEIPT_MISSING';
    if (reason === 'OK') {
      lines.push({ state: 'done', key: `check-${level}`, params: {} });
      reached = level;
    } else {
      lines.push({ state: CONTRADICTIONS.includes(reason) ? 'wrong' : 'open', key: `check-${level}-not`, params: { reason } });
      break; // each level stands on the one before
    }
  }
  return reached;
}

/**
 * Every leaf against the signed roots, and the page's own figures against the leaves.
 * @param {Line[]} lines @param {any} verifier @param {any} epoch @param {any} fund @param {string} root
 */
async function itemised(lines, verifier, epoch, fund, root) {
  const { claims } = epoch;
  if (Number(claims.inflows.size) + Number(claims.outflows.size) > MOST_LEAVES) {
    lines.push({ state: 'open', key: 'check-large', params: {} });
    return;
  }
  // a newer epoch may have been signed meanwhile: both lines only grow, so the signed part is their beginning
  const [came, went] = await Promise.all([bytes(`${root}/in.bin`), bytes(`${root}/out.bin`)]);
  const leaves = { in: leavesOf(came, IN_BYTES, claims.inflows.size), out: leavesOf(went, OUT_BYTES, claims.outflows.size) };
  const rightIn = agrees(verifier, claims, leaves.in, claims.inflows);
  const rightOut = agrees(verifier, claims, leaves.out, claims.outflows);
  lines.push(said(rightIn, 'check-in', { n: String(leaves.in.length) }), said(rightOut, 'check-out', { n: String(leaves.out.length) }));
  if (rightIn && rightOut && Number(claims.epoch) === fund.epoch.number) lines.push(said(sameAsShown(leaves, fund.totals), 'check-page', {}));
}

/** @param {boolean} right @param {string} key @param {Record<string, string>} params @returns {Line} */
const said = (right, key, params) => (right ? { state: 'done', key, params } : { state: 'wrong', key: `${key}-not`, params });

/** The first `size` leaves; fewer if the file is shorter, which no root will fit. @param {Uint8Array} data @param {number} width @param {number | bigint} size */
function leavesOf(data, width, size) {
  const leaves = [];
  for (let i = 0; i < Number(size) && (i + 1) * width <= data.length; i++) leaves.push(data.subarray(i * width, (i + 1) * width));
  return leaves;
}

/** @param {any} verifier @param {any} claims @param {Uint8Array[]} leaves @param {any} head */
function agrees(verifier, claims, leaves, head) {
  if (leaves.length !== Number(head.size)) return false;
  const found = verifier.rootOf(claims.tree, leaves);
  return found.sum === BigInt(head.root.sum) && verifier.equal(found.hash, head.root.hash);
}

/** An amount is the last eight bytes of a leaf, and its kind the first. @param {Uint8Array[]} leaves @param {number[]} kinds */
function sumOf(leaves, kinds) {
  let sum = 0n;
  for (const leaf of leaves) if (kinds.includes(leaf[0])) sum += new DataView(leaf.buffer, leaf.byteOffset).getBigUint64(leaf.length - 8);
  return sum;
}

/** @param {{in: Uint8Array[], out: Uint8Array[]}} leaves @param {Record<string, number>} totals */
function sameAsShown(leaves, totals) {
  return (
    sumOf(leaves.in, [DONATION, GROUP]) === BigInt(totals.raised) && sumOf(leaves.in, [INCOME]) === BigInt(totals.income) &&
    sumOf(leaves.in, [TRANSFER_IN]) === BigInt(totals.transferred_in) && sumOf(leaves.in, [REDIRECTED_IN]) === BigInt(totals.redirected_in) &&
    sumOf(leaves.in, [PAYMENT_RETURNED]) === BigInt(totals.payments_returned) && sumOf(leaves.out, [PAYMENT]) === BigInt(totals.paid + totals.payments_returned)
  );
}
