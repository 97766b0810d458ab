/** The leaves of a fund's two lines, and how an outflow was settled. Counterpart of verifier/charity/line.py. Amounts are bigints. */
import { concat, equal, isBytes, toBigInt, utf8 } from './bytes.js';
import { Malformed } from './errors.js';
import { sm3 } from './sm3.js';
import { u64 } from './sumtree.js';

const FORMAT = 'fund-line';
export const BOOK_BYTES = 16;
export const MAX_AMOUNT = (1n << 53n) - 1n;
export const MAX_DAY = 376_200; // the year 2999
export const INFLOW_BYTES = 45;
export const OUTFLOW_BYTES = 50;
export const SETTLEMENT_BYTES = 48;
export const IN = { DONATION: 1, GROUP: 2, RETURNED_PAYMENT: 3, TRANSFER_IN: 4, REDIRECTED_IN: 5, INCOME: 6 };
export const OUT = { PAYMENT: 1, TRANSFER: 2, DONATION_RETURNED: 3, DONATION_REVERSED: 4, REDIRECTED: 5, SURPLUS: 6 };
const ACKNOWLEDGED = 1;
export const RETURNED = 2;
const WITHDRAWN = 3;
const EVENT = utf8('mz-fund-event\0');

/** @typedef {{bytes: Uint8Array, kind: number, day: number, ref: Uint8Array, amount: bigint}} Inflow `bytes`: the leaf itself */
/** @typedef {{bytes: Uint8Array, kind: number, day: number, allocation: number, costClass: number, ref: Uint8Array, amount: bigint}} Outflow */
/** @typedef {{bytes: Uint8Array, acknowledged: bigint, returned: bigint, digest: Uint8Array}} Settlement */
/** @typedef {{op: number | bigint, amount: number | bigint, ref: Uint8Array}} Operation */

/** @param {Uint8Array} data @param {number} at @returns {number} */
const u32 = (data, at) => new DataView(data.buffer, data.byteOffset + at, 4).getUint32(0);

/** @param {number} day @param {bigint} amount */
function dayAndAmount(day, amount) {
  if (day > MAX_DAY) throw new Malformed(FORMAT, 'day');
  if (amount < 1n || amount > MAX_AMOUNT) throw new Malformed(FORMAT, 'amount');
}

/** @param {unknown} data @param {number} size @returns {Uint8Array[]} */
function cut(data, size) {
  if (!isBytes(data) || data.length % size) throw new Malformed(FORMAT, 'length', `expected a multiple of ${size} bytes`);
  return Array.from({ length: data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/** Throws Malformed. @param {unknown} data @returns {Inflow} */
export function parseInflow(data) {
  if (!isBytes(data) || data.length !== INFLOW_BYTES) throw new Malformed(FORMAT, 'length', `expected ${INFLOW_BYTES} bytes`);
  const leaf = { bytes: data, kind: data[0], day: u32(data, 1), ref: data.subarray(5, 37), amount: toBigInt(data.subarray(37)) };
  if (leaf.kind < IN.DONATION || leaf.kind > IN.INCOME) throw new Malformed(FORMAT, 'kind');
  dayAndAmount(leaf.day, leaf.amount);
  return leaf;
}

/** Throws Malformed. @param {unknown} data @returns {Outflow[]} */
export function parseOutflows(data) {
  return cut(data, OUTFLOW_BYTES).map((bytes) => {
    const leaf = {
      bytes, kind: bytes[0], day: u32(bytes, 1), allocation: u32(bytes, 5), costClass: bytes[9], ref: bytes.subarray(10, 42),
      amount: toBigInt(bytes.subarray(42)),
    };
    if (leaf.kind < OUT.PAYMENT || leaf.kind > OUT.SURPLUS) throw new Malformed(FORMAT, 'kind');
    dayAndAmount(leaf.day, leaf.amount);
    if (leaf.kind === OUT.PAYMENT) {
      if (!leaf.allocation || leaf.costClass < 1 || leaf.costClass > 4) throw new Malformed(FORMAT, 'payment');
    } else if (leaf.allocation || leaf.costClass) {
      throw new Malformed(FORMAT, 'not-a-payment');
    }
    return leaf;
  });
}

/** Throws Malformed. @param {unknown} data @returns {Settlement[]} */
export function parseSettlements(data) {
  return cut(data, SETTLEMENT_BYTES).map((bytes) => {
    const [acknowledged, returned] = [toBigInt(bytes.subarray(0, 8)), toBigInt(bytes.subarray(8, 16))];
    if (acknowledged > MAX_AMOUNT || returned > MAX_AMOUNT) throw new Malformed(FORMAT, 'amount');
    return { bytes, acknowledged, returned, digest: bytes.subarray(16) };
  });
}

/** Whether the steps lead to this settlement, from nothing. Throws Malformed for a step that none can take. @param {Operation[]} steps @param {Settlement} settlement @returns {boolean} */
export function leadsTo(steps, settlement) {
  let digest = new Uint8Array(32);
  let [acknowledged, returned] = [0n, 0n];
  for (const step of steps) {
    const amount = BigInt(step.amount);
    if (amount < 1n || amount > MAX_AMOUNT) throw new Malformed(FORMAT, 'amount');
    if (step.op === ACKNOWLEDGED) acknowledged += amount;
    else if (step.op === RETURNED) returned += amount;
    else if (step.op === WITHDRAWN && amount <= acknowledged) acknowledged -= amount;
    else throw new Malformed(FORMAT, 'settlement-step');
    digest = new Uint8Array(sm3(concat(digest, Uint8Array.of(step.op), u64(amount), step.ref)));
  }
  return acknowledged === settlement.acknowledged && returned === settlement.returned && equal(digest, settlement.digest);
}

/** How a leaf names the event that made it. @param {Uint8Array} book @param {Uint8Array} body @returns {Uint8Array} */
export function eventRef(book, body) {
  return sm3(concat(EVENT, book, body));
}
