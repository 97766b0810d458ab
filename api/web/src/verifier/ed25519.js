/**
 * Ed25519 (RFC 8032) on the arithmetic of @noble/curves, as strict as verifier/hazmat/ed25519.py: canonical encodings, no
 * key of small order, R compared as bytes, and the equation *without* the cofactor. The library's own `verify` multiplies
 * by the cofactor: it accepts signatures with a component of small order, which the Python verifier refuses.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equal, toBigInt } from './bytes.js';

const { Point } = ed25519;
const L = Point.Fn.ORDER;

/** Little-endian number. @param {Uint8Array} bytes */
const littleEndian = (bytes) => toBigInt(bytes.slice().reverse());

export class Ed25519PublicKey {
  /** @param {Uint8Array} bytes @param {any} point */
  constructor(bytes, point) {
    this.bytes = bytes;
    this.point = point;
  }

  /** Throws TypeError if it is not a point of the curve. @param {Uint8Array} bytes 32 */
  static parse(bytes) {
    if (bytes.length !== 32) throw new TypeError('expected 32 bytes');
    let point;
    try {
      point = Point.fromBytes(bytes, false);
    } catch {
      throw new TypeError('not a point of the curve');
    }
    if (point.isSmallOrder()) throw new TypeError('a key of small order accepts almost anything');
    return new Ed25519PublicKey(bytes, point);
  }

  /** Malformed signatures are false, never an exception. @param {Uint8Array} signature @param {Uint8Array} message */
  verify(signature, message) {
    if (signature.length !== 64) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= L) return false;
    const k = littleEndian(sha512(concat(r, this.bytes, message))) % L;
    return equal(Point.BASE.multiplyUnsafe(s).subtract(this.point.multiplyUnsafe(k)).toBytes(), r);
  }
}
