/** Who signed, on secp256k1 over Keccak-256? Counterpart of verifier/hazmat/secp256k1.py. */
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js';
import { be32, concat, toBigInt } from './bytes.js';
import { power, shortCurve } from './weierstrass.js';

const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
const CURVE = shortCurve({
  p: P,
  n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  h: 1n,
  a: 0n,
  b: 7n,
  Gx: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  Gy: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
});
export const ADDRESS_BYTES = 20;
export const SIGNATURE_BYTES = 65;

/** The point with that x and the parity of y, or null. p = 3 mod 4 makes the root a power. @param {bigint} x @param {number} odd */
function lift(x, odd) {
  if (x >= P) return null;
  const square = (x * x * x + 7n) % P;
  const y = power(square, (P + 1n) / 4n, P);
  if ((y * y) % P !== square) return null;
  return CURVE.parsePoint(concat(Uint8Array.of(4), be32(x), be32(Number(y & 1n) === odd ? y : P - y)));
}

/**
 * Address (20 bytes) of the one key for which r || s || v is valid over keccak(message), or null. *Every* well-formed
 * signature recovers to some address: one means nothing until it has been looked up among those that may sign, and
 * signatures must be counted by address. v is 0 or 1: no honest signer ever meets the others.
 * @param {Uint8Array} message @param {Uint8Array} signature 65 bytes @returns {Uint8Array | null}
 */
export function recoverAddress(message, signature) {
  if (signature.length !== SIGNATURE_BYTES || signature[64] > 1) return null;
  const rs = CURVE.parseSignature(signature.subarray(0, 64));
  const point = rs && lift(rs[0], signature[64]);
  if (!rs || !point) return null;
  const [r, s] = rs;
  const { n } = CURVE;
  const e = toBigInt(keccak256(message)) % n;
  const inverse = power(r, n - 2n, n);
  const key = CURVE.base.mulAddUnsafe(((n - e) * inverse) % n, point, (s * inverse) % n); // Q = (s R - e G) / r
  if (key.is0()) return null;
  const { x, y } = key.toAffine();
  return keccak256(concat(be32(x), be32(y))).subarray(-ADDRESS_BYTES);
}
