/**
 * SM2 signing (GB/T 32918.2-2016, id 1234567812345678) for the holder's device key.
 *
 * The nonce is made from the key, the message and fresh randomness together: a broken random generator alone does not
 * give the key away (two signatures with one nonce would), nor does a fault that makes the derivation repeat itself.
 * The point multiplication is that of @noble/curves for secret scalars. BigInt arithmetic is not constant in time; an
 * attacker who can measure it inside the browser of the person is past what a page can defend.
 */
import { be32, concat, toBigInt } from '../verifier/bytes.js';
import { CURVE, Sm2PublicKey } from '../verifier/sm2.js';
import { hmacSm3, sm3 } from '../verifier/sm3.js';
import { power } from '../verifier/weierstrass.js';

const N = CURVE.n;
const mod = (/** @type {bigint} */ value) => ((value % N) + N) % N;

/** 64 bytes brought into [1, N-2]: so much longer than N that the rest is even to 2^-256. @param {Uint8Array} wide */
const scalar = (wide) => (toBigInt(wide) % (N - 2n)) + 1n;

/** @param {number} length @returns {Uint8Array} */
function systemRandom(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A fresh secret key, 32 bytes. @param {(length: number) => Uint8Array} [random] @returns {Uint8Array} */
export function newSecret(random = systemRandom) {
  return be32(scalar(random(64)));
}

/**
 * r and s for a nonce that the caller answers for, or null if this nonce does not do. Exported for the standard's own
 * example, which fixes it; everything else calls `sign`.
 * @param {bigint} d @param {bigint} e digest of Z and message @param {bigint} k @returns {Uint8Array | null}
 */
export function signatureFor(d, e, k) {
  const r = mod(e + CURVE.base.multiply(k).toAffine().x);
  if (r === 0n || r + k === N) return null;
  const s = mod(power(mod(1n + d), N - 2n, N) * mod(k - r * d));
  return s === 0n ? null : concat(be32(r), be32(s));
}

export class Sm2Signer {
  #secret;
  #random;

  /** Throws TypeError outside [1, n-2]. @param {Uint8Array} secret 32 bytes @param {(length: number) => Uint8Array} [random] */
  constructor(secret, random = systemRandom) {
    const d = toBigInt(secret);
    if (secret.length !== 32 || d < 1n || d > N - 2n) throw new TypeError('not an SM2 secret key');
    this.#secret = d;
    this.#random = random;
    const { x, y } = CURVE.base.multiply(d).toAffine();
    /** 04 || x || y */
    this.public = concat(Uint8Array.of(4), be32(x), be32(y));
    this.key = Sm2PublicKey.parse(this.public);
  }

  /** r || s. Checked before it is given away: a fault while computing could reveal the key. @param {Uint8Array} message @returns {Uint8Array} 64 bytes */
  sign(message) {
    const digest = sm3(concat(this.key.z, message));
    const e = toBigInt(digest);
    for (let counter = 0; counter < 8; counter++) {
      const signature = signatureFor(this.#secret, e, this.#nonce(digest, counter));
      if (signature === null) continue; // one in 2^256
      if (!this.key.verify(signature, message)) throw new Error('the signature did not verify');
      return signature;
    }
    throw new Error('no nonce would do');
  }

  /** @param {Uint8Array} digest @param {number} counter @returns {bigint} */
  #nonce(digest, counter) {
    const seed = hmacSm3(be32(this.#secret), concat(this.#random(32), digest, Uint8Array.of(counter)));
    return scalar(concat(hmacSm3(seed, Uint8Array.of(1)), hmacSm3(seed, Uint8Array.of(2))));
  }
}
