/**
 * The check of a fund in the browser: the last epoch's signature and how far it is backed, every leaf of both lines against
 * the signed roots and totals, and this page's own figures against the leaves. The verifier is the module that the verify
 * page uses, fetched only now.
 */
import { Missing, Outage, bytes } from './client.js';

const MOST_LEAVES = 50_000; // that a telephone hashes in a few seconds
const IN_BYTES = 45;
const OUT_BYTES = 50;
const [DONATION, GROUP, PAYMENT_RETURNED, TRANSFER_IN, REDIRECTED_IN, INCOME] = [1, 2, 3, 4, 5, 6];
const PAYMENT = 1;
const SKEW = 300; // seconds that clocks may differ, as the verifier's own
const NONE = '–';

/** @typedef {{state: 'done' | 'open' | 'wrong', key: string, params: Record<string, string>}} Line */
/** @typedef {{level: string, lines: Line[]}} Checked */

/** Null: what it needs could not be fetched. @param {any} fund the overview @returns {Promise<Checked | null>} */
export async function check(fund) {
  const root = `/v1/charity/books/${fund.book}`;
  try {
    const [verifier, trust, statement] = await Promise.all([module(), bytes('/v1/trust-bundle'), bytes(`${root}/epoch`)]);
    /** @type {Line[]} */
    const lines = [];
    const level = await guarded(verifier, lines, 'check-signed-not', async () => {
      const epoch = verifier.parseEpoch(statement);
      const reached = await judged(lines, verifier, epoch, new verifier.TrustBundle(trust), fund);
      if (reached !== NONE) await itemised(lines, verifier, epoch, fund, root);
      return reached;
    });
    return { level: lines.some((line) => line.state === 'wrong') ? NONE : level ?? NONE, lines };
  } catch (error) {
    if (!(error instanceof Missing || error instanceof Outage)) throw error;
    return null;
  }
}

/**
 * `action`, where what it reads may have no right form: then `key` is wrong.
 * @template T @param {any} verifier @param {Line[]} lines @param {string} key @param {() => Promise<T>} action @returns {Promise<T | null>}
 */
async function guarded(verifier, lines, key, action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof verifier.VerifierError)) throw error;
    lines.push({ state: 'wrong', key, params: { reason: /** @type {Error} */ (error).message } });
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

/**
 * Who signed it and how far that is backed. @param {Line[]} lines @param {any} verifier @param {any} epoch @param {any} trust @param {any} fund
 * @returns {Promise<string>} the level reached, a dash for none
 */
async function judged(lines, verifier, epoch, trust, fund) {
  const at = Math.floor(Date.now() / 1000);
  const { claims } = epoch;
  const [trees, receipts] = verifier.treesOf(epoch, trust, at);
  const signed = signature(verifier, epoch, trust, trees, fund, at);
  if (signed !== 'OK') {
    const failed = verifier.outcomeOf(signed) === 'FAILED';
    lines.push({ state: failed ? 'wrong' : 'open', key: failed ? 'check-signed-not' : 'check-signed-open', params: { reason: signed } });
    return NONE;
  }
  lines.push({ state: 'done', key: 'check-signed', params: { epoch: String(claims.epoch) } });
  const proofs = await Promise.all(trees.map((/** @type {any} */ tree) => optional(`/v1/anchors/proof?size=${tree.size}`)));
  const { evidence } = new verifier.Verifier(trust, [], [], { proofs: proofs.filter((proof) => proof !== null) });
  const levels = { L3: receipts, L4: evidence.witnessed(trees, verifier.readNotes(epoch.checkpoints), at).reason, L5: evidence.anchored(trees).reason };
  let reached = 'L1';
  for (const [level, reason] of Object.entries(levels)) {
    if (reason !== 'OK') {
      lines.push({ state: verifier.outcomeOf(reason) === 'FAILED' ? 'wrong' : 'open', key: `check-${level}-not`, params: { reason } });
      if (level === 'L3') break; // witnesses and chain vouch for a tree that only a receipt leads to
      continue;
    }
    lines.push({ state: 'done', key: `check-${level}`, params: {} });
    reached = level;
  }
  return reached;
}

/** @param {any} verifier @param {any} epoch @param {any} trust @param {any[]} trees @param {any} fund @param {number} at @returns {string} */
function signature(verifier, epoch, trust, trees, fund, at) {
  const { claims } = epoch;
  if (toHex(claims.book) !== fund.book || claims.iss !== fund.charity.uscc) return 'ISSUER_UNKNOWN'; // another book's statement, rightly signed
  if (at < trust.issuedAt - SKEW || at >= trust.expires) return 'TRUST_EXPIRED';
  const reason = verifier.judgeSigned(epoch, trust, at);
  return reason === 'OK' && verifier.needsOlderReceipt(epoch, trust, trees) ? 'KEY_REVOKED' : reason;
}

/** @param {Uint8Array} data */
const toHex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');

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
  const rightIn = await agrees(verifier, claims.tree, leaves.in, claims.inflows);
  const rightOut = await agrees(verifier, claims.tree, leaves.out, claims.outflows);
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

/** @param {any} verifier @param {any} tree @param {Uint8Array[]} leaves @param {any} head @returns {Promise<boolean>} */
async function agrees(verifier, tree, leaves, head) {
  if (leaves.length !== Number(head.size)) return false;
  if (!leaves.length) return true;
  await new Promise((done) => setTimeout(done)); // let the page show that something goes on
  try {
    const { root } = verifier.rootFromRange(tree, 0n, leaves, head.size, new Uint8Array(0));
    return toHex(root) === toHex(head.root); // the last eight bytes are the sum
  } catch (error) {
    if (!(error instanceof verifier.VerifierError)) throw error;
    return false;
  }
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
