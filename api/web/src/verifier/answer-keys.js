/** Keys that sign answers to relying parties: member 12 of the trust bundle. Counterpart of verifier/answerkeys.py. */
import { CoseKey } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';

const FORMAT = 'trust-bundle';
export const MAX_ANSWER_KEYS = 256;

/** @typedef {{uscc: string, key: CoseKey, notBefore: number, notAfter: number, revokedFrom: number | null}} AnswerKey */

/** Throws Malformed or Unsupported. @param {unknown} value @returns {AnswerKey} */
export function answerKey(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4], [5]);
  const [notBefore, notAfter] = [fields.time(FORMAT, m, 3), fields.time(FORMAT, m, 4)];
  if (notAfter <= notBefore) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
  const revokedFrom = m.has(5) ? fields.time(FORMAT, m, 5) : null;
  return { uscc: fields.uscc(FORMAT, m, 1), key: CoseKey.fromMap(m.get(2)), notBefore, notAfter, revokedFrom };
}
