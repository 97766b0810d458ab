/** Ed25519 (RFC 8032) through @noble/curves, strict: canonical encodings, no small-order acceptance of ZIP 215. */
import { ed25519 } from '@noble/curves/ed25519.js';

export class Ed25519PublicKey {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /** Throws TypeError if it is not a point of the curve. @param {Uint8Array} bytes 32 */
  static parse(bytes) {
    if (bytes.length !== 32) throw new TypeError('expected 32 bytes');
    try {
      ed25519.Point.fromBytes(bytes, false);
    } catch {
      throw new TypeError('not a point of the curve');
    }
    return new Ed25519PublicKey(bytes);
  }

  /** Malformed signatures are false, never an exception. @param {Uint8Array} signature @param {Uint8Array} message */
  verify(signature, message) {
    if (signature.length !== 64) return false;
    try {
      return ed25519.verify(signature, message, this.bytes, { zip215: false });
    } catch {
      return false;
    }
  }
}
