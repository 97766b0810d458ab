/** Why an electronic seal, or a certificate behind it, is not accepted. Counterpart of verifier/sealfault.py: same names. */
import { VerifierError } from './errors.js';

/** A contradiction, in the order of the check: the outcome is FAILED. */
const CONTRADICTIONS = /** @type {const} */ ([
  'SEAL_MALFORMED', 'NOT_SEALED', 'SEVERAL_SIGNATURES', 'SEAL_DIFFERS', 'SEAL_TIME_DIFFERS', 'MAKER_SIGNATURE_INVALID',
  'MAKER_NOT_PERMITTED', 'SEAL_NOT_VALID_AT_SIGNING', 'SIGNER_NOT_LISTED', 'CERTIFICATE_SIGNATURE_INVALID',
  'CERTIFICATE_NOT_VALID_AT_SIGNING', 'CERTIFICATE_NOT_FOR_THIS', 'CERTIFICATE_PATH_INVALID', 'CERTIFICATE_REVOKED',
  'KEY_NOT_FOR_SEALS', 'KEY_NOT_VALID_AT_SIGNING', 'SIGNATURE_FILE_ALTERED', 'MEMBER_ALTERED', 'MEMBER_MISSING',
  'MEMBER_NOT_COVERED', 'SEAL_SIGNATURE_INVALID',
]);
/** Something is not known: INDETERMINATE. */
const UNKNOWNS = /** @type {const} */ ([
  'SEAL_UNSUPPORTED', 'SEAL_SIGNED_IN_FUTURE', 'AUTHORITY_UNKNOWN', 'SEAL_KEY_UNKNOWN', 'SEAL_TIME_NOT_ATTESTED',
  'REVOCATIONS_UNUSABLE',
]);
/** @typedef {typeof CONTRADICTIONS[number] | typeof UNKNOWNS[number]} SealFault */
/** @type {readonly SealFault[]} */
export const SEAL_FAULTS = [...CONTRADICTIONS, ...UNKNOWNS];

/** A seal or certificate that is not accepted. `detail` says what was expected and holds nothing personal. */
export class SealRefused extends VerifierError {
  /** @param {SealFault} fault @param {string} [detail] */
  constructor(fault, detail = '') {
    super(`seal: ${fault}` + (detail ? ` (${detail})` : ''));
    this.fault = fault;
    this.detail = detail;
  }

  /** True: a contradiction. False: something is not known. */
  get failed() {
    return !UNKNOWNS.some((fault) => fault === this.fault);
  }
}
