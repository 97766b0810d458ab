/**
 * What SM2 and P-256 have in common: a short Weierstrass curve over a 256-bit field, on the audited arithmetic of
 * @noble/curves, with the checks at the boundary written out. Parsing a key is the only way to get one.
 */
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { toBigInt } from './bytes.js';

/** Modular power. Everything here is public: nothing is hidden from a clock. @param {bigint} base @param {bigint} exponent @param {bigint} modulus */
export function power(base, exponent, modulus) {
  let result = 1n;
  let square = base % modulus;
  for (let e = exponent; e; e >>= 1n) {
    if (e & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** @param {{p: bigint, n: bigint, h: bigint, a: bigint, b: bigint, Gx: bigint, Gy: bigint}} curve */
export function shortCurve(curve) {
  const Point = weierstrass(curve);
  return {
    n: curve.n,
    base: Point.BASE,
    /**
     * `04 || x || y`, reduced coordinates, on the curve. Throws TypeError: hybrid and compressed forms, the point at
     * infinity and everything off the curve (invalid-curve attacks) end here.
     * @param {Uint8Array} public65
     */
    parsePoint(public65) {
      if (public65.length !== 65 || public65[0] !== 4) throw new TypeError('expected 65 bytes 04 || x || y');
      const x = toBigInt(public65.subarray(1, 33));
      const y = toBigInt(public65.subarray(33));
      if (x >= curve.p || y >= curve.p) throw new TypeError('coordinate out of range');
      try {
        const point = Point.fromAffine({ x, y }); // throws for y = 0
        point.assertValidity();
        return point;
      } catch {
        throw new TypeError('not a point of the curve');
      }
    },
    /**
     * (r, s) of a 64-byte signature with both in [1, n-1], or null.
     * @param {Uint8Array} signature @returns {[bigint, bigint] | null}
     */
    parseSignature(signature) {
      if (signature.length !== 64) return null;
      const r = toBigInt(signature.subarray(0, 32));
      const s = toBigInt(signature.subarray(32));
      return r > 0n && r < curve.n && s > 0n && s < curve.n ? [r, s] : null;
    },
  };
}
