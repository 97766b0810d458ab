/** Checking a presentation: step 12, behind those of the file inside. Counterpart of verifier/presented.py. */
import { equal } from './bytes.js';
import { parseHolderFile } from './credential.js';
import { VerifierError, guarded } from './errors.js';
import { CLOCK_SKEW } from './fields.js';
import { parseBinding, parsePresentation } from './presentation.js';
import { FAILED, INDETERMINATE, outcomeOf } from './report.js';
import { judge } from './statement.js';

const CLAUSE = 'RFC 8747 3; docs/formats/presentation.md';
const STEP = 12;

/** What the party that is shown something demands: its own name, and the nonce that it gave out. @typedef {{audience: string, nonce: Uint8Array}} Expected */
/** @typedef {[string, string]} Fault reason and detail */

/**
 * Check a presentation at time `at` (seconds UTC). Never throws on bad input.
 * @param {Uint8Array} data @param {Expected} expected @param {import('./assess.js').Verifier} verifier
 * @param {{at: number, level?: string | null}} options @returns {import('./report.js').Report}
 */
export function assessPresentation(data, expected, verifier, { at, level = null }) {
  /** @type {import('./presentation.js').Presentation} */
  let shown;
  try {
    shown = parsePresentation(data);
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    const report = verifier.assess(new Uint8Array(), { at, level: 'L1' }); // nothing to read: the empty report of this trust
    const findings = [{ step: 1, reason: 'MALFORMED_FILE', clause: 'docs/formats/presentation.md', detail: error.message }];
    return { ...report, findings, levels: {}, needs: [] };
  }
  const report = verifier.assess(shown.file, { at, level });
  const faults = faultsOf(shown, expected, verifier.trust, at);
  /** @type {Fault[]} */
  const fine = [['OK', '']];
  const steps = (faults.length ? faults : fine).map(([reason, detail]) => ({ step: STEP, reason, clause: CLAUSE, detail }));
  return joined(report, steps, shown, faults.length > 0);
}

/** @param {import('./presentation.js').Presentation} shown @param {Expected} expected @param {import('./trust-bundle.js').TrustBundle} trust @param {number} at @returns {Fault[]} */
function faultsOf(shown, expected, trust, at) {
  /** @type {Fault[]} */
  const found = [];
  if (shown.audience !== expected.audience) found.push(['PRESENTATION_MISMATCH', 'shown to another audience']);
  if (!equal(shown.nonce, expected.nonce)) found.push(['PRESENTATION_MISMATCH', 'answers another challenge']);
  if (shown.issuedAt > at + CLOCK_SKEW) found.push(['NOT_YET_VALID', 'the presentation']);
  if (at >= shown.expires) found.push(['PRESENTATION_EXPIRED', 'the presentation']);
  /** @type {Fault[]} */
  const rest = guarded(() => bound(shown, trust, at), (error) => [['PRESENTATION_INVALID', error.message]]);
  return [...found, ...rest];
}

/** @param {import('./presentation.js').Presentation} shown @param {import('./trust-bundle.js').TrustBundle} trust @param {number} at @returns {Fault[]} */
function bound(shown, trust, at) {
  const binding = parseBinding(shown.binding);
  const { claims } = parseHolderFile(shown.file).certificate;
  if (binding.issuer !== claims.iss || !equal(binding.cti, claims.cti)) {
    return [['PRESENTATION_INVALID', 'the device is bound to another certificate']];
  }
  return [...bindingFaults(binding, claims.kind, trust, at), ...deviceFaults(shown, binding)];
}

/** Signed by a key of the issuer that may sign certificates of this kind, and not too old. @param {import('./presentation.js').Binding} binding @param {number} kind @param {import('./trust-bundle.js').TrustBundle} trust @param {number} at @returns {Fault[]} */
function bindingFaults(binding, kind, trust, at) {
  const key = trust.issuerKey(binding.issuer, binding.sign1.kid);
  let reason = judge(binding.sign1, key, binding.issuedAt, at, trust.issuer(binding.issuer) !== undefined);
  if (reason === 'OK' && key) {
    if (!key.kinds.includes(kind)) reason = 'KEY_NOT_ALLOWED_FOR_KIND';
    else if (key.revokedFrom !== null) reason = 'KEY_REVOKED'; // no log saw the binding
  }
  // a forged binding is a fault of the presentation, not of the certificate's signature
  if (reason === 'SIGNATURE_INVALID' || reason === 'ALGORITHM_MISMATCH') reason = 'PRESENTATION_INVALID';
  /** @type {Fault[]} */
  const found = reason === 'OK' ? [] : [[reason, 'of the device binding']];
  if (at >= binding.expires) found.push(['PRESENTATION_EXPIRED', 'the device binding']);
  return found;
}

/** @param {import('./presentation.js').Presentation} shown @param {import('./presentation.js').Binding} binding @returns {Fault[]} */
function deviceFaults({ sign1, issuedAt }, binding) {
  if (!equal(sign1.kid, binding.key.kid) || sign1.alg !== binding.key.alg || !sign1.verify(binding.key)) {
    return [['PRESENTATION_INVALID', 'not signed by the device that is bound']];
  }
  if (issuedAt < binding.issuedAt - CLOCK_SKEW || issuedAt >= binding.expires) {
    return [['PRESENTATION_INVALID', 'made while the binding was not in force']];
  }
  return [];
}

/** Any FAILED finding decides, then the first that could not be checked. A failed step 12 hides what was disclosed. @param {import('./report.js').Report} report @param {import('./report.js').Finding[]} steps @param {import('./presentation.js').Presentation} shown @param {boolean} faulty @returns {import('./report.js').Report} */
function joined(report, steps, shown, faulty) {
  const findings = [...report.findings, ...steps];
  const faults = findings.filter((f) => f.reason !== 'OK');
  const reason = (faults.find((f) => outcomeOf(f.reason) === FAILED) ?? faults[0])?.reason ?? 'OK';
  const doubtful = steps.some((f) => outcomeOf(f.reason) === INDETERMINATE);
  return {
    ...report,
    outcome: outcomeOf(reason),
    reason,
    findings,
    needs: doubtful ? [...report.needs, { what: 'issuer-key', ref: 'of the device binding' }] : report.needs,
    disclosed: faulty ? {} : report.disclosed,
    presentation: { audience: shown.audience, issuedAt: shown.issuedAt, expires: shown.expires },
  };
}
