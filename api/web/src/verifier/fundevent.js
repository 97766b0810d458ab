/**
 * The public events of a fund's book that a trace can show: kinds 3, 30, 31, 32 and 40, as verifier/charity/events.py reads them.
 * Numbers that can pass 2^53 elsewhere are bigints.
 */
import { isBytes, isInt } from './bytes.js';
import * as cbor from './cbor.js';
import { Malformed } from './errors.js';
import { MAX_AMOUNT, MAX_DAY } from './line.js';

const FORMAT = 'charity-event';
export const MAX_EVENT = 4096;
const MAX_NUMBER = (1n << 32n) - 1n;
export const GROUPED = 3;
export const DONATION_RETURNED = 30;
export const DONATION_REVERSED = 31;
export const REDIRECTED = 32;
export const TRANSFERRED = 40;

/** @typedef {(value: any) => any} Reader of one member; throws Malformed */

/** @param {bigint} low @param {bigint} high @returns {Reader} */
const number = (low, high) => (value) => {
  if (!isInt(value) || value < low || value > high) throw new Malformed(FORMAT, 'number');
  return BigInt(value);
};
/** @param {number} length @returns {Reader} */
const octets = (length) => (value) => {
  if (!isBytes(value) || value.length !== length) throw new Malformed(FORMAT, 'bytes');
  return value;
};
/** @param {number} maximum @returns {Reader} */
const text = (maximum) => (value) => {
  if (typeof value !== 'string' || !value || [...value].length > maximum) throw new Malformed(FORMAT, 'text');
  if (value.normalize('NFC') !== value || /[\p{Cc}\p{Cs}]/u.test(value)) throw new Malformed(FORMAT, 'text');
  return value;
};
/** @param {Reader} read @returns {Reader} */
const optional = (read) => (value) => (value === null ? null : read(value));
/** @param {Reader[]} readers @returns {Reader} */
const group = (...readers) => (value) => {
  if (!Array.isArray(value) || value.length !== readers.length) throw new Malformed(FORMAT, 'group');
  return readers.map((read, i) => read(value[i]));
};
/** @type {Reader} */
const reasonCode = (value) => {
  if (typeof value !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(value)) throw new Malformed(FORMAT, 'reason-code');
  return value;
};

const SERIAL = number(0n, MAX_AMOUNT);
const POSITIVE = number(1n, MAX_AMOUNT);
const BECAUSE = group(reasonCode, optional(text(200)));
const CODE = optional(text(64));
/** @type {Record<number, Record<string, Reader>>} by kind, the members in order */
const KINDS = {
  [GROUPED]: { root: octets(32), count: number(2n, MAX_NUMBER), amount: POSITIVE },
  [DONATION_RETURNED]: { idx: SERIAL, start: SERIAL, amount: POSITIVE, reason: BECAUSE },
  [DONATION_REVERSED]: { idx: SERIAL, start: SERIAL, amount: POSITIVE, reason: BECAUSE },
  [REDIRECTED]: { idx: SERIAL, start: SERIAL, amount: POSITIVE, target: octets(16), consent: octets(32) },
  [TRANSFERRED]: { target: octets(16), restriction: group(CODE, CODE), amount: POSITIVE, decision: octets(32) },
};
const DAY = number(0n, BigInt(MAX_DAY));
const SEQ = number(0n, MAX_NUMBER);

/** The event of a body: its members by name, with kind, day and seq. Throws Malformed. @param {Uint8Array} body @returns {Record<string, any>} */
export function parseEvent(body) {
  const value = cbor.decode(body, { maxBytes: MAX_EVENT, maxDepth: 3 });
  if (!(value instanceof Map)) throw new Malformed(FORMAT, 'not-a-map');
  const members = isInt(value.get(1)) ? Object.entries(KINDS[value.get(1)] ?? {}) : [];
  if (!members.length) throw new Malformed(FORMAT, 'unknown-kind');
  if (value.size !== members.length + 3 || [...value.keys()].some((key, i) => key !== i + 1)) throw new Malformed(FORMAT, 'members');
  const found = { kind: value.get(1), day: Number(DAY(value.get(2))), seq: SEQ(value.get(3)) };
  return Object.assign(found, Object.fromEntries(members.map(([name, read], i) => [name, read(value.get(i + 4))])));
}
