/**
 * Deterministic CBOR (RFC 8949 section 4.2.1), strict in both directions: one value, one encoding.
 * Counterpart of verifier/cbor.py. Every freedom of a general decoder (long integers, unsorted or repeated keys,
 * indefinite lengths, trailing bytes) would let somebody change signed bytes without changing their meaning.
 *
 * Values: Uint8Array, string, number (safe integers) or bigint (beyond), boolean, null, Array, Map, Tag.
 * Sample: Map {1 → "a", -1 → h'00'} is `a2 01 61 61 20 41 00`.
 */
import { compare, concat, fromUtf8, isBytes, utf8 } from './bytes.js';
import { Malformed } from './errors.js';

export const MAX_BYTES = 1 << 20;
export const MAX_DEPTH = 12;

export class Tag {
  /** @param {number | bigint} tag @param {unknown} value */
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** @param {number} major @param {number | bigint} n @returns {Uint8Array} */
function head(major, n) {
  const value = BigInt(n);
  if (value < 24n) return Uint8Array.of(major | Number(value));
  for (const [info, width] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
    if (value >> BigInt(8 * width) === 0n) {
      const out = new Uint8Array(1 + width);
      out[0] = major | info;
      for (let i = 0; i < width; i++) out[1 + i] = Number((value >> BigInt(8 * (width - 1 - i))) & 0xffn);
      return out;
    }
  }
  throw new Malformed('cbor', 'integer-range', 'beyond 64 bits');
}

/** @param {any} value @returns {Uint8Array} */
export function encode(value) {
  if (isBytes(value)) return concat(head(0x40, value.length), value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Malformed('cbor', 'type', 'no floats');
    return value >= 0 ? head(0x00, value) : head(0x20, -1n - BigInt(value));
  }
  if (typeof value === 'string') {
    const raw = utf8(value);
    return concat(head(0x60, raw.length), raw);
  }
  if (value === true || value === false) return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (value === null) return Uint8Array.of(0xf6);
  if (Array.isArray(value)) return concat(head(0x80, value.length), ...value.map(encode));
  if (value instanceof Map) return encodeMap(value);
  if (value instanceof Tag) return concat(head(0xc0, value.tag), encode(value.value));
  throw new Malformed('cbor', 'type', 'cannot encode');
}

/** @param {Map<any, any>} map @returns {Uint8Array} */
function encodeMap(map) {
  const items = [...map].map(([k, v]) => [encode(k), encode(v)]).sort((a, b) => compare(a[0], b[0]));
  for (let i = 1; i < items.length; i++) {
    if (compare(items[i - 1][0], items[i][0]) === 0) throw new Malformed('cbor', 'duplicate-key');
  }
  return concat(head(0xa0, items.length), ...items.flat());
}

/**
 * Decode exactly one value that fills `data`. Throws Malformed.
 * @param {Uint8Array} data
 * @param {{maxBytes?: number, maxDepth?: number}} [limits]
 * @returns {any}
 */
export function decode(data, { maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH } = {}) {
  if (data.length > maxBytes) throw new Malformed('cbor', 'too-large', `more than ${maxBytes} bytes`);
  const reader = new Reader(data);
  const value = reader.item(maxDepth);
  if (reader.pos !== data.length) throw new Malformed('cbor', 'trailing-data');
  return value;
}

class Reader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.pos = 0;
  }

  /** @param {number} n @returns {Uint8Array} */
  take(n) {
    if (n > this.data.length - this.pos) throw new Malformed('cbor', 'truncated');
    this.pos += n;
    return this.data.subarray(this.pos - n, this.pos);
  }

  /** Length or value after the initial byte; every form longer than needed is refused. @param {number} info */
  argument(info) {
    if (info < 24) return info;
    if (info > 27) throw new Malformed('cbor', info === 31 ? 'indefinite-length' : 'reserved');
    const width = 1 << (info - 24);
    let n = 0n;
    for (const b of this.take(width)) n = (n << 8n) | BigInt(b);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    if (n < least) throw new Malformed('cbor', 'non-shortest');
    return n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n;
  }

  /** @param {number} depth @returns {any} */
  item(depth) {
    const first = this.take(1)[0];
    const major = first >> 5;
    if (major === 7) {
      if (first === 0xf6) return null;
      if (first === 0xf5) return true;
      if (first === 0xf4) return false;
      throw new Malformed('cbor', 'simple-or-float');
    }
    const n = this.argument(first & 0x1f);
    if (major === 0) return n;
    if (major === 1) return negative(n);
    if (major === 2) return this.take(Number(n)).slice();
    if (major === 3) return this.text(Number(n));
    if (depth === 0) throw new Malformed('cbor', 'too-deep');
    if (major === 6) return new Tag(n, this.item(depth - 1));
    // every element takes a byte: a huge count cannot make us allocate
    if (n > this.data.length - this.pos) throw new Malformed('cbor', 'truncated');
    return major === 4 ? this.array(Number(n), depth - 1) : this.map(Number(n), depth - 1);
  }

  /** @param {number} n */
  text(n) {
    const raw = this.take(n);
    try {
      return fromUtf8(raw);
    } catch {
      throw new Malformed('cbor', 'utf8');
    }
  }

  /** @param {number} n @param {number} depth */
  array(n, depth) {
    const items = [];
    for (let i = 0; i < n; i++) items.push(this.item(depth));
    return items;
  }

  /** @param {number} n @param {number} depth */
  map(n, depth) {
    const map = new Map();
    let previous = new Uint8Array(0);
    for (let i = 0; i < n; i++) {
      const start = this.pos;
      const key = this.item(depth);
      if (typeof key !== 'number' && typeof key !== 'bigint' && typeof key !== 'string' && !isBytes(key)) {
        throw new Malformed('cbor', 'key-type');
      }
      const encoded = this.data.subarray(start, this.pos);
      const order = compare(encoded, previous);
      if (order <= 0) throw new Malformed('cbor', order === 0 ? 'duplicate-key' : 'unsorted-keys');
      previous = encoded;
      map.set(key, this.item(depth));
    }
    return map;
  }
}

/** @param {number | bigint} n @returns {number | bigint} */
function negative(n) {
  const value = -1n - BigInt(n);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;
}
