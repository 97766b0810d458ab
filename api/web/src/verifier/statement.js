/** The judgement that every small signed statement shares. Counterpart of verifier/statement.py. */
import { CLOCK_SKEW } from './fields.js';
import { ALGORITHMS } from './labels.js';

/** A key of the trust bundle; times in seconds UTC. @typedef {{key: import('./cose.js').CoseKey, notBefore: number, notAfter: number, revokedFrom: number | null}} DatedKey */

/**
 * "OK" if `key` signed it and was good when it did; checked at `at`. A key that was revoked later still gives "OK" here.
 * @param {import('./cose.js').Sign1} sign1 @param {DatedKey | undefined} key @param {number} madeAt @param {number} at
 * @param {boolean} signerKnown whether the bundle has the signer at all, where there is no key
 * @returns {string}
 */
export function judge(sign1, key, madeAt, at, signerKnown) {
  if (!key) {
    if (!signerKnown) return 'ISSUER_UNKNOWN';
    return ALGORITHMS.has(sign1.alg) ? 'KEY_UNKNOWN' : 'ALGORITHM_UNSUPPORTED';
  }
  if (sign1.alg !== key.key.alg) return 'ALGORITHM_MISMATCH';
  if (!sign1.verify(key.key)) return 'SIGNATURE_INVALID';
  const revoked = key.revokedFrom !== null && madeAt >= key.revokedFrom;
  if (revoked || madeAt < key.notBefore || madeAt >= key.notAfter) return 'KEY_NOT_VALID_AT_ISSUE';
  return madeAt > at + CLOCK_SKEW ? 'NOT_YET_VALID' : 'OK';
}
