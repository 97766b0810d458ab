/** Small helpers on byte arrays. Nothing here knows a format. */

const UTF8_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8_ENCODER = new TextEncoder();

/** @param {string} text @returns {Uint8Array} */
export function utf8(text) {
  return UTF8_ENCODER.encode(text);
}

/** Strict: throws TypeError on anything that is not UTF-8. @param {Uint8Array} bytes @returns {string} */
export function fromUtf8(bytes) {
  return UTF8_DECODER.decode(bytes);
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {Uint8Array} a @param {Uint8Array} b @returns {boolean} */
export function equal(a, b) {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

/** Bytewise order; a prefix comes first. @param {Uint8Array} a @param {Uint8Array} b @returns {number} */
export function compare(a, b) {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** @param {Uint8Array} bytes @returns {string} lower case */
export function hex(bytes) {
  let out = '';
  for (const b of bytes) out += b.toString(16).padStart(2, '0');
  return out;
}

/** @param {string} text even number of hexadecimal digits @returns {Uint8Array} */
export function fromHex(text) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new TypeError('not hexadecimal');
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Big-endian number. @param {Uint8Array} bytes @returns {bigint} */
export function toBigInt(bytes) {
  return bytes.length ? BigInt('0x' + hex(bytes)) : 0n;
}

/** @param {unknown} value @returns {value is Uint8Array} */
export function isBytes(value) {
  return value instanceof Uint8Array;
}

/** A CBOR integer: a safe number, or a bigint beyond 2^53. @param {unknown} value @returns {value is number | bigint} */
export function isInt(value) {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** @param {number | bigint} n below 2^256 @returns {Uint8Array} 32 bytes, big-endian */
export function be32(n) {
  return fromHex(n.toString(16).padStart(64, '0'));
}
