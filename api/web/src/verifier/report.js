/** Outcomes, reasons and the report. Counterpart of verifier/report.py: same codes, same JSON. */
import { KIND_NAMES } from './labels.js';

export const PASSED = 'PASSED';
export const FAILED = 'FAILED';
export const INDETERMINATE = 'INDETERMINATE';

const FAILURES = new Set([
  'MALFORMED_CODE', 'MALFORMED_FILE', 'MALFORMED_CREDENTIAL', 'ALGORITHM_MISMATCH', 'KEY_NOT_ALLOWED_FOR_KIND',
  'KEY_NOT_VALID_AT_ISSUE', 'SIGNATURE_INVALID', 'EXPIRED', 'DISCLOSURE_INVALID', 'STATUS_NOT_VALID',
  'RECEIPT_INVALID', 'LOG_FORKED', 'ANCHOR_MISMATCH', 'DOCUMENT_ALTERED', 'RENDITION_INVALID', 'RENDITION_MISMATCH',
  'COPY_EXPIRED', 'SEAL_INVALID', 'PRESENTATION_INVALID', 'PRESENTATION_MISMATCH', 'PRESENTATION_EXPIRED',
  'TRACE_INVALID',
]);
const UNDECIDED = [
  'ALGORITHM_UNSUPPORTED', 'ISSUER_UNKNOWN', 'KEY_UNKNOWN', 'KEY_REVOKED', 'NOT_YET_VALID', 'KIND_UNKNOWN',
  'TRUST_EXPIRED', 'STATUS_MISSING', 'STATUS_STALE', 'STATUS_MALFORMED', 'STATUS_SIGNATURE_INVALID',
  'STATUS_OUT_OF_RANGE', 'RECEIPT_MISSING', 'RECEIPT_LOG_UNKNOWN', 'QUORUM_NOT_REACHED', 'ANCHOR_MISSING',
  'ANCHOR_UNKNOWN_CHAIN', 'ANCHOR_PROOF_INVALID', 'RENDITION_MISSING', 'SEAL_UNCERTAIN',
];
export const REASONS = ['OK', ...FAILURES, ...UNDECIDED];

/** The one outcome that a reason stands for. @param {string} reason @returns {string} */
export function outcomeOf(reason) {
  if (reason === 'OK') return PASSED;
  return FAILURES.has(reason) ? FAILED : INDETERMINATE;
}

/** RFC 3339 UTC. @param {number} seconds @returns {string} */
export function iso(seconds) {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** @typedef {{step: number, reason: string, clause: string, detail: string}} Finding */
/** @typedef {{what: string, ref: string}} Need */

/** A PDF or OFD as the issuer's statement describes it; null while nothing was proven. `digest` is SM3 in hexadecimal. @typedef {{media: string, digest: string, issuedAt: number | null, copy: boolean, expires: number | null, seal: Record<string, string> | null}} DocumentSeen */

/**
 * @typedef {object} Report Times are seconds UTC. `disclosed` is personal: for the person who asked only.
 * @property {string} outcome
 * @property {string} reason
 * @property {number} checkedAt
 * @property {Finding[]} findings
 * @property {Record<string, string>} levels
 * @property {Need[]} needs
 * @property {number | null} kind
 * @property {string | null} issuer
 * @property {{zh: string, en: string} | null} issuerName
 * @property {number | null} issuedAt
 * @property {Record<string, string | number | bigint | boolean>} disclosed
 * @property {{planFilingNo: string, amountFen: number | bigint, receivedDay: number} | null} public
 * @property {{issuedAt: number, expires: number, age: number} | null} status
 * @property {{witnesses: import('./levels.js').WitnessesSeen | null, anchor: import('./levels.js').AnchorSeen | null}} seen who cosigned, and where it is anchored: for display, not in the JSON
 * @property {number} trustSequence
 * @property {string} trustRoot
 * @property {DocumentSeen | null} document
 * @property {{audience: string, issuedAt: number, expires: number} | null} presentation to whom it was shown, as it says
 * @property {import('./manifest.js').KindManifest | null} manifest what the bundle says of the kind
 */

/** Name of the kind, "unknown" where neither the bundle nor this verifier has one. @param {Report} r @returns {string} */
function kindName(r) {
  return r.manifest?.name ?? KIND_NAMES[r.kind ?? 0] ?? 'unknown';
}

/** What people call a disclosed field; its name where the bundle does not say. @param {Report} r @param {string} name @param {'zh' | 'en'} lang @returns {string} */
export function fieldLabelOf(r, name, lang) {
  return r.manifest?.slots.find((s) => s.name === name)?.[lang] ?? name;
}

/** @param {DocumentSeen} d */
function documentJson(d) {
  const time = (/** @type {number | null} */ seconds) => (seconds === null ? null : iso(seconds));
  return { media: d.media, sm3: d.digest, issued_at: time(d.issuedAt), copy: d.copy, expires: time(d.expires), seal: d.seal };
}

/** The JSON form of the Python report. @param {Report} r @returns {Record<string, any>} */
export function toJson(r) {
  const reached = Object.keys(r.levels).filter((l) => r.levels[l] === 'OK').sort();
  return {
    outcome: r.outcome,
    reason: r.reason,
    level: reached.pop() ?? null,
    levels: Object.fromEntries(
      Object.entries(r.levels).map(([l, reason]) => [l, { outcome: outcomeOf(reason), reason }]),
    ),
    certificate: r.kind === null || r.issuedAt === null ? null : {
      kind: r.kind,
      kind_name: kindName(r),
      kind_title: r.manifest ? { ...r.manifest.title } : {},
      issuer: r.issuer,
      issuer_name: r.issuerName ?? {},
      issued_at: iso(r.issuedAt),
    },
    disclosed: r.disclosed,
    labels: Object.fromEntries(
      Object.keys(r.disclosed).map((name) => [name, { zh: fieldLabelOf(r, name, 'zh'), en: fieldLabelOf(r, name, 'en') }]),
    ),
    public: r.public === null ? {} : {
      plan_filing_no: r.public.planFilingNo, amount_fen: r.public.amountFen, received_day: r.public.receivedDay,
    },
    status: r.status && { issued_at: iso(r.status.issuedAt), expires: iso(r.status.expires), age_seconds: r.status.age },
    ...(r.document ? { document: documentJson(r.document) } : {}),
    ...(r.presentation ? { presentation: { audience: r.presentation.audience, issued_at: iso(r.presentation.issuedAt), expires: iso(r.presentation.expires) } } : {}),
    findings: r.findings.map((f) => ({
      step: f.step, code: f.reason, outcome: outcomeOf(f.reason), clause: f.clause, detail: f.detail,
    })),
    needs: r.needs.map((n) => ({ ...n })),
    checked_at: iso(r.checkedAt),
    trust: { sequence: r.trustSequence, root: r.trustRoot },
  };
}
