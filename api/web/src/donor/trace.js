/**
 * Fetching and checking a trace. The service is told the donation's number and nothing else: the secret of the receipt code stays
 * here and is put into the file only now. What is shown comes from the file, after it was checked by the public verifier module.
 */
import { Missing, Outage, bytes, json } from '../charity/client.js';
import * as cbor from '../verifier/cbor.js';
import { b64Decode } from '../verifier/base.js';
import { hex } from '../verifier/bytes.js';
import { guarded } from '../verifier/errors.js';
import { postJson } from './client.js';

const MAX_TRACE = 4 << 20; // bytes
const MAGIC = [0xa5, 1, 1, 2]; // a map of five members that begins with 1: 1

/** @typedef {import('./code.js').ReceiptCode} ReceiptCode */
/** @typedef {{outcome: string, reason: string, level: string | null, levels: Record<string, {outcome: string, reason: string}>, donation: any, portions: import('./flow.js').Portion[], as_of: {book: string, epoch: number, at: string}[], findings: {step: number, code: string, outcome: string, clause: string, detail: string}[], checked_at: string, trust: {sequence: number, root: string}}} TraceReport the verifier's JSON */
/** @typedef {{donation: string | null, file: Uint8Array | null, waiting: string | null, unit: any}} Fetched `waiting`: why there is no file yet */
/** Money given in another currency, as the opened details say. @typedef {{money: string, rate: string}} Foreign */
/** @typedef {{fetched: Fetched, report: TraceReport | null, funds: Record<string, any>, foreign: Foreign | null}} Seen report null: the list of issuers or the verifier could not be had */

/** @param {Uint8Array} head */
export function isTrace(head) {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** Raises Missing, Outage. @param {ReceiptCode} code @returns {Promise<Fetched>} */
export async function fetchTrace(code) {
  const donation = hex(code.donation);
  const answer = await postJson('/v1/charity/trace', { donation });
  const unit = answer.unit ?? null;
  if (answer.trace === null) return { donation, file: null, waiting: answer.waiting === 'group' ? 'group' : 'epoch', unit };
  const file = guarded(() => b64Decode(answer.trace, 'trace'), () => null);
  if (file === null) throw new Outage('not the service’s answer');
  return { donation, file: answer.details ? opened(file, answer.details, code.secret) : file, waiting: null, unit };
}

/** The file with the details, which the donor's secret opens. @param {Uint8Array} file @param {string} details base64 @param {Uint8Array} secret */
function opened(file, details, secret) {
  return guarded(() => {
    const m = cbor.decode(file, { maxBytes: MAX_TRACE });
    m.set(2, cbor.decode(b64Decode(details, 'details')));
    m.set(3, secret);
    return cbor.encode(m);
  }, () => file); // the verifier says what is wrong with it
}

/** Check a file here. @param {Fetched} fetched @returns {Promise<Seen>} */
export async function look(fetched) {
  const file = /** @type {Uint8Array} */ (fetched.file);
  const [verifier, trust, anchor] = await Promise.all([module(), maybe(bytes('/v1/trust-bundle')), maybe(bytes('/v1/anchors/proof'))]);
  if (verifier === null || trust === null) return { fetched, report: null, funds: {}, foreign: null };
  const bundle = guarded(() => new verifier.TrustBundle(trust), () => null);
  if (bundle === null) return { fetched, report: null, funds: {}, foreign: null };
  const report = verifier.traceJson(verifier.checkTrace(file, bundle, { at: Math.floor(Date.now() / 1000), proofs: anchor ? [anchor] : [] }));
  const books = [...new Set(/** @type {string[]} */ (report.as_of.map((/** @type {any} */ e) => e.book)))];
  const names = await Promise.all(books.map((book) => maybe(json(`/v1/charity/books/${book}/overview`))));
  const foreign = report.donation?.opened ? foreignOf(file) : null;
  return { fetched, report, funds: Object.fromEntries(books.map((book, i) => [book, names[i]])), foreign };
}

/** Of a file whose details were found to open its leaf. @param {Uint8Array} file @returns {Foreign | null} */
function foreignOf(file) {
  const details = cbor.decode(file, { maxBytes: MAX_TRACE }).get(2);
  const [currency, minor, rate] = [7, 8, 9].map((key) => details.get(key));
  if (currency === null) return null;
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const yuan = (Number(rate[0]) / Number(rate[1])) * 10 ** (digits - 2); // fen for a minor unit, shown as yuan for a whole one
  return { money: format.format(Number(minor) / 10 ** digits).replace(/\u00a0/g, ' '), rate: String(Number(yuan.toPrecision(8))) };
}

/** @returns {Promise<any>} the module that everybody else uses, too; null: it cannot be had */
async function module() {
  try {
    return await import(/** @type {any} */ ('/static/verifier.js'));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** @template T @param {Promise<T>} wanted @returns {Promise<T | null>} */
async function maybe(wanted) {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof Missing || error instanceof Outage) return null;
    throw error;
  }
}
