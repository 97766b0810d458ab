/** The part of Protocol Buffers that CometBFT and ICS23 need, one encoding a message. Counterpart of verifier/finality/protobuf.py. */
import { concat } from '../bytes.js';
import { Malformed } from '../errors.js';

const VARINT = 0n;
const FIXED64 = 1n;
const BYTES = 2n;
const UINT64 = 1n << 64n;

/** @typedef {[bigint, bigint | Uint8Array]} Field number and value */

/** @param {number | bigint} value below 2^64 @returns {Uint8Array} */
export function varint(value) {
  const out = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...out, Number(rest)]);
}

/** @param {number} field @param {bigint} kind */
const key = (field, kind) => varint((BigInt(field) << 3n) | kind);

/** An integer field; nothing for zero. @param {number} field @param {number | bigint} value */
export function number(field, value) {
  return BigInt(value) ? concat(key(field, VARINT), varint(value)) : new Uint8Array();
}

/** An sfixed64 field, little endian; nothing for zero. @param {number} field @param {number | bigint} value below 2^63 */
export function fixed64(field, value) {
  if (!BigInt(value)) return new Uint8Array();
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt(value), true);
  return concat(key(field, FIXED64), out);
}

/** An embedded message, which is there even if it is empty. @param {number} field @param {Uint8Array} value */
export function message(field, value) {
  return concat(key(field, BYTES), varint(value.length), value);
}

/** A bytes or string field; nothing for an empty one. @param {number} field @param {Uint8Array} value */
export function octets(field, value) {
  return value.length ? message(field, value) : new Uint8Array();
}

/** The shortest-form varint below 2^64 at `pos`, and where it ends. Throws Malformed. @param {Uint8Array} data @param {number} pos @returns {[bigint, number]} */
export function readVarint(data, pos) {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    if (pos + i >= data.length) throw new Malformed('protobuf', 'truncated');
    const byte = data[pos + i];
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) {
      if ((byte === 0 && i) || value >= UINT64) break;
      return [value, pos + i + 1];
    }
  }
  throw new Malformed('protobuf', 'varint', 'longer than needed or beyond 64 bits');
}

/**
 * The fields of a message in their order: numbers never fall, no zero is spelled out. A repeated number is returned
 * twice; whether it may repeat the caller knows. Throws Malformed.
 * @param {Uint8Array} data @returns {Field[]}
 */
export function parse(data) {
  /** @type {Field[]} */
  const found = [];
  let previous = 1n;
  for (let pos = 0; pos < data.length;) {
    const [head, start] = readVarint(data, pos);
    const field = head >> 3n;
    if (field < previous) throw new Malformed('protobuf', 'field-order');
    previous = field;
    const [value, next] = readVarint(data, start);
    if ((head & 7n) === VARINT) {
      if (value === 0n) throw new Malformed('protobuf', 'default-value');
      found.push([field, value]);
      pos = next;
    } else if ((head & 7n) === BYTES) {
      pos = next + Number(value);
      if (pos > data.length) throw new Malformed('protobuf', 'truncated');
      found.push([field, data.subarray(next, pos)]);
    } else {
      throw new Malformed('protobuf', 'wire-type');
    }
  }
  return found;
}

/**
 * The values of a message whose fields are exactly these, in order; null for any other. `wanted`: number, and the value
 * of an integer field or `true` for bytes.
 * @param {Field[]} found @param {[number, number | true][]} wanted @returns {any[] | null}
 */
export function values(found, wanted) {
  const fits = found.length === wanted.length && wanted.every(([field, what], i) => {
    const [at, value] = found[i];
    return at === BigInt(field) && (what === true ? typeof value !== 'bigint' : value === BigInt(what));
  });
  return fits ? found.map(([, value]) => value) : null;
}
