/** RLP (Ethereum Yellow Paper, appendix B), one value one encoding. Counterpart of verifier/finality/rlp.py. */
import { concat, fromHex, isBytes, toBigInt } from '../bytes.js';
import { Malformed } from '../errors.js';

const MAX_DEPTH = 8;

/** @typedef {Uint8Array | any[]} Item bytes, or a list of Items */

/** The one item that fills `data`. Throws Malformed. @param {Uint8Array} data @returns {Item} */
export function decode(data) {
  const [found, end] = item(data, 0, data.length, MAX_DEPTH);
  if (end !== data.length) throw new Malformed('rlp', 'trailing-data');
  return found;
}

/** @param {Item} value @returns {Uint8Array} */
export function encode(value) {
  if (isBytes(value)) return value.length === 1 && value[0] < 0x80 ? value : concat(head(0x80, value.length), value);
  const body = concat(...value.map(encode));
  return concat(head(0xc0, body.length), body);
}

/** @param {number} base @param {number} length */
function head(base, length) {
  if (length < 56) return Uint8Array.of(base + length);
  const digits = length.toString(16);
  const raw = fromHex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return concat(Uint8Array.of(base + 55 + raw.length), raw);
}

/** The item at `pos`, which must end by `limit`, and where it ends. @param {Uint8Array} data @param {number} pos @param {number} limit @param {number} depth @returns {[Item, number]} */
function item(data, pos, limit, depth) {
  if (pos >= limit) throw new Malformed('rlp', 'truncated');
  const first = data[pos];
  if (first < 0x80) return [data.subarray(pos, pos + 1), pos + 1];
  const isList = first >= 0xc0;
  let length = first - (isList ? 0xc0 : 0x80);
  let start = pos + 1;
  if (length > 55) {
    start += length - 55;
    length = long(data.subarray(pos + 1, Math.min(start, limit)), length - 55);
  }
  const end = start + length;
  if (end > limit) throw new Malformed('rlp', 'truncated');
  if (!isList) {
    if (length === 1 && data[start] < 0x80) throw new Malformed('rlp', 'non-canonical', 'a small byte stands for itself');
    return [data.subarray(start, end), end];
  }
  if (depth === 0) throw new Malformed('rlp', 'too-deep');
  const items = [];
  for (let at = start; at < end;) {
    const [found, next] = item(data, at, end, depth - 1);
    items.push(found);
    at = next;
  }
  return [items, end];
}

/** @param {Uint8Array} raw @param {number} width @returns {number} */
function long(raw, width) {
  if (raw.length !== width) throw new Malformed('rlp', 'truncated');
  const length = Number(toBigInt(raw));
  if (raw[0] === 0 || length < 56) throw new Malformed('rlp', 'non-canonical', 'length longer than needed');
  return length;
}

/** A byte string, of exactly `length` bytes where given. Throws Malformed. @param {Item} value @param {number} [length] */
export function octets(value, length) {
  if (!isBytes(value) || (length !== undefined && value.length !== length)) throw new Malformed('rlp', 'bytes');
  return value;
}

/** The elements of a list. Throws Malformed. @param {Item} value */
export function elements(value) {
  if (isBytes(value)) throw new Malformed('rlp', 'list');
  return value;
}

/** A number of at most `width` bytes without leading zeros; 0 is the empty string. Throws Malformed. @param {Item} value @param {number} [width] */
export function scalar(value, width = 8) {
  const raw = octets(value);
  if (raw.length > width || raw[0] === 0) throw new Malformed('rlp', 'scalar');
  return toBigInt(raw);
}
