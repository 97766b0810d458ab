/** What a donor's secret opens: the details behind a donation's leaf. Counterpart of verifier/charity/opening.py. */
import { concat, utf8 } from './bytes.js';
import * as cbor from './cbor.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import { BOOK_BYTES, MAX_AMOUNT, MAX_DAY } from './line.js';
import { hmacSm3, sm3 } from './sm3.js';

const FORMAT = 'donation-details';
export const SECRET_BYTES = 16;
const GOODS = 2;
const SALT = utf8('mz-donation-salt\0');

/** @typedef {{donation: Uint8Array, book: Uint8Array, amount: bigint, day: number, charity: string, goods: boolean, encoded: Uint8Array}} Details */

/** @param {Map<any, any>} m @param {any} key @param {bigint} maximum @returns {bigint} */
function positive(m, key, maximum) {
  const value = BigInt(fields.uint(FORMAT, m, key, maximum));
  if (value === 0n) throw new Malformed(FORMAT, 'integer', `key ${key}`);
  return value;
}

/** What the foreign money comes to in fen, rounded half up; null: the gift was in fen. @param {Map<any, any>} m @returns {bigint | null} */
function foreign(m) {
  if ([7, 8, 9].every((key) => m.get(key) === null)) return null;
  const [currency, rate] = [fields.text(FORMAT, m, 7, 3), fields.array(FORMAT, m, 9, 2)];
  if (!/^[A-Z]{3}$/.test(currency) || currency === 'CNY' || rate.length !== 2) throw new Malformed(FORMAT, 'foreign-money');
  const minor = positive(m, 8, MAX_AMOUNT);
  const [numerator, denominator] = [0, 1].map((i) => positive(new Map(rate.entries()), i, 1n << 53n));
  return (2n * minor * numerator + denominator) / (2n * denominator);
}

/** Throws Malformed. @param {unknown} value the wire form @returns {Details} */
export function parseDetails(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const details = {
    donation: fields.octets(FORMAT, m, 1, 16),
    book: fields.octets(FORMAT, m, 2, BOOK_BYTES),
    amount: positive(m, 3, MAX_AMOUNT),
    day: fields.uint(FORMAT, m, 4, MAX_DAY),
    charity: fields.uscc(FORMAT, m, 10),
    goods: m.get(6) === GOODS,
    encoded: cbor.encode(m),
  };
  if (m.get(5) !== null) fields.octets(FORMAT, m, 5, 16);
  const property = positive(m, 6, BigInt(GOODS));
  const fen = foreign(m);
  if (fen !== null && (property === BigInt(GOODS) || fen !== details.amount)) throw new Malformed(FORMAT, 'foreign-money');
  return details;
}

/** `ref` of the donation's leaf. @param {Details} details @param {Uint8Array} secret @returns {Uint8Array} */
export function commitment(details, secret) {
  return hmacSm3(sm3(concat(SALT, secret, details.donation)), sm3(details.encoded));
}
