/** ECDSA with P-256 and SHA-256 (FIPS 186-5), signatures raw r || s. High s is accepted, as COSE (RFC 9053) does. */
import { sha256 } from '@noble/hashes/sha2.js';
import { toBigInt } from './bytes.js';
import { power, shortCurve } from './weierstrass.js';

const CURVE = shortCurve({
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  h: 1n,
  a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
});

export class P256PublicKey {
  /** @param {any} point */
  constructor(point) {
    this.point = point;
  }

  /** Throws TypeError if it is not a point of the curve. @param {Uint8Array} public65 */
  static parse(public65) {
    return new P256PublicKey(CURVE.parsePoint(public65));
  }

  /** Malformed signatures are false, never an exception. @param {Uint8Array} signature @param {Uint8Array} message */
  verify(signature, message) {
    const rs = CURVE.parseSignature(signature);
    if (!rs) return false;
    const [r, s] = rs;
    const { n } = CURVE;
    const w = power(s, n - 2n, n); // the inverse, by Fermat: n is prime
    const e = toBigInt(sha256(message));
    const sum = CURVE.base.mulAddUnsafe((e * w) % n, this.point, (r * w) % n);
    return !sum.is0() && sum.toAffine().x % n === r;
  }
}
