/** Checks that every parser of a decoded map shares. Counterpart of verifier/fields.py. All throw Malformed. */
import { isBytes, isInt } from './bytes.js';
import { Malformed } from './errors.js';

// the white space of Python's Unicode tables, which is not quite that of \s here
const KEY_NAME = /^[^+\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]{1,200}$/u;
const USCC = /^[0-9ABCDEFGHJKLMNPQRTUWXY]{18}$/;
export const MAX_TIME = 253402300799; // 9999-12-31T23:59:59Z, seconds
export const CLOCK_SKEW = 300; // seconds by which an honest signer's clock may be ahead of ours
const MAX_UINT = (1n << 63n) - 1n;

/**
 * `value` as a map with every required key and none beyond the optional ones.
 * @param {string} format @param {unknown} value @param {(number | string)[]} required @param {(number | string)[]} [optional]
 * @returns {Map<any, any>}
 */
export function mapping(format, value, required, optional = []) {
  if (!(value instanceof Map)) throw new Malformed(format, 'not-a-map');
  for (const key of required) if (!value.has(key)) throw new Malformed(format, 'missing-member', `key ${key}`);
  for (const key of value.keys()) {
    if (!required.includes(key) && !optional.includes(key)) throw new Malformed(format, 'unknown-member');
  }
  return value;
}

/** @param {string} format @param {Map<any, any>} m @param {any} key @param {number | bigint} [maximum] @returns {any} */
export function uint(format, m, key, maximum = MAX_UINT) {
  const value = m.get(key);
  if (!isInt(value) || value < 0 || value > maximum) throw new Malformed(format, 'integer', `key ${key}`);
  return value;
}

/** A whole number of any sign. @param {string} format @param {Map<any, any>} m @param {any} key @returns {number | bigint} */
export function integer(format, m, key) {
  const value = m.get(key);
  if (!isInt(value)) throw new Malformed(format, 'integer', `key ${key}`);
  return value;
}

/** Seconds since 1970-01-01 UTC. @param {string} format @param {Map<any, any>} m @param {any} key @returns {number} */
export function time(format, m, key) {
  return uint(format, m, key, MAX_TIME);
}

/**
 * A text of 1 to `maximum` characters.
 * @param {string} format @param {Map<any, any>} m @param {any} key @param {number} [maximum] @returns {string}
 */
export function text(format, m, key, maximum = 256) {
  const value = m.get(key);
  if (typeof value !== 'string' || !value || [...value].length > maximum) {
    throw new Malformed(format, 'text', `key ${key}`);
  }
  return value;
}

/** @param {string} format @param {Map<any, any>} m @param {any} key @param {number} [length] @returns {Uint8Array} */
export function octets(format, m, key, length) {
  const value = m.get(key);
  if (!isBytes(value) || (length !== undefined && value.length !== length)) {
    throw new Malformed(format, 'bytes', `key ${key}`);
  }
  return value;
}

/** @param {string} format @param {Map<any, any>} m @param {any} key @param {number} maximum @returns {any[]} */
export function array(format, m, key, maximum) {
  const value = m.get(key);
  if (!Array.isArray(value) || value.length > maximum) throw new Malformed(format, 'list', `key ${key}`);
  return value;
}

/** Unified social credit code by form. @param {string} format @param {Map<any, any>} m @param {any} key @returns {string} */
export function uscc(format, m, key) {
  const value = m.get(key);
  if (typeof value !== 'string' || !USCC.test(value)) throw new Malformed(format, 'uscc', `key ${key}`);
  return value;
}

/** Whether `name` can name a key in a signed note: 1 to 200 characters, none a space, a control or a plus. @param {string} name */
export function isKeyName(name) {
  return KEY_NAME.test(name);
}
