/** Errors of the verifier. Messages name what was expected, never the value found: values may be personal. */

export class VerifierError extends Error {}

/** Bytes that are not of the format they claim to be; `reason` is a stable short code. */
export class Malformed extends VerifierError {
  /** @param {string} format @param {string} reason @param {string} [detail] */
  constructor(format, reason, detail = '') {
    super(`${format}: ${reason}` + (detail ? ` (${detail})` : ''));
    this.format = format;
    this.reason = reason;
    this.detail = detail;
  }
}

/** Well-formed data of a version, algorithm or kind that this verifier does not know. */
export class Unsupported extends VerifierError {}

/** A well-formed proof that does not prove what it says; `reason` is a stable short code. */
export class ProofInvalid extends VerifierError {
  /** @param {string} reason @param {string} [detail] */
  constructor(reason, detail = '') {
    super(`proof: ${reason}` + (detail ? ` (${detail})` : ''));
    this.reason = reason;
    this.detail = detail;
  }
}

/** `action`, with VerifierErrors handed to `otherwise` and everything else let through. @template T @param {() => T} action @param {(e: VerifierError) => T} otherwise @returns {T} */
export function guarded(action, otherwise) {
  try {
    return action();
  } catch (error) {
    if (error instanceof VerifierError) return otherwise(error);
    throw error;
  }
}
