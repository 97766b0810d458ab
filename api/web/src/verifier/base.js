/** base45 (RFC 9285), base64 and base64url without padding, canonical forms only. Throw Malformed. */
import { Malformed, guarded } from './errors.js';

const B45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Values that no encoder makes are refused: decoders that let groups above 65535 pass accepted altered health codes.
 * @param {string} text @returns {Uint8Array}
 */
export function b45decode(text) {
  if (text.length % 3 === 1) throw new Malformed('base45', 'length');
  const out = [];
  for (let i = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((c) => B45.indexOf(c));
    const value = digits[0] + 45 * digits[1] + 2025 * (digits[2] ?? 0);
    const whole = digits.length === 3;
    if (digits.includes(-1) || value > (whole ? 0xffff : 0xff)) throw new Malformed('base45', 'group');
    if (whole) out.push(value >> 8);
    out.push(value & 0xff);
  }
  return Uint8Array.from(out);
}

/** Unused trailing bits must be zero. @param {string} text @returns {Uint8Array} */
export function b64urlDecode(text) {
  if (text.length % 4 === 1) throw new Malformed('base64url', 'length');
  const out = [];
  let bits = 0;
  let held = 0;
  for (const c of text) {
    const value = B64.indexOf(c);
    if (value < 0) throw new Malformed('base64url', 'characters');
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 0xff);
    }
  }
  if (held & ((1 << bits) - 1)) throw new Malformed('base64url', 'non-canonical');
  return Uint8Array.from(out);
}

/** base64 with padding (RFC 4648 section 4). @param {string} text @param {string} format named in the error @returns {Uint8Array} */
export function b64Decode(text, format) {
  const refuse = () => {
    throw new Malformed(format, 'base64');
  };
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) refuse();
  return guarded(() => b64urlDecode(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')), refuse);
}

/** @param {Uint8Array} bytes @returns {string} with padding */
export function b64Encode(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
