/**
 * Documents that people hold: PDF and OFD with the holder's file inside and the issuer's statement about their bytes (step
 * 10), and the electronic seal of an OFD (step 11). Counterpart of verifier/documents.py.
 */
import { equal, hex } from './bytes.js';
import { Malformed, guarded } from './errors.js';
import { CLOCK_SKEW } from './fields.js';
import { ALGORITHMS } from './labels.js';
import { readReceipts } from './levels.js';
import { checkSeal } from './ofd.js';
import { readPackage } from './package.js';
import { attachment, isPdf, readPdf } from './pdf.js';
import { entryBody } from './receipt.js';
import { MEDIA, OFD, PDF, parseRendition } from './rendition.js';
import { FAILED, INDETERMINATE, iso, outcomeOf } from './report.js';
import { SealRefused } from './sealfault.js';
import { sm3 } from './sm3.js';

const FORMAT = 'document';
export const MAX_BYTES = (16 << 20) + 2 * 64 * 1024;
const COMMENT_MAGIC = Uint8Array.of(0x4d, 0x5a, 0x52, 0x31); // MZR1
const HOLDER_FILE = 'Doc_0/Attachs/certificate.mzc';
const ZIP = Uint8Array.of(0x50, 0x4b, 3, 4);

/** @typedef {{media: number, body: Uint8Array, statement: Uint8Array | null, holderFile: Uint8Array | null, package: import('./package.js').Package | null}} Document `body` is what the statement speaks of */
/** @typedef {import('./trust-bundle.js').IssuerKey} IssuerKey */
/** @typedef {import('./trust-bundle.js').TrustBundle} TrustBundle */
/** @typedef {{reasons: [string, string][], seen: import('./report.js').DocumentSeen, needs: import('./report.js').Need[], attestedAt: number | null}} Checked */

/** Whether the bytes begin as a PDF or a package does. @param {Uint8Array} data */
export function isDocument(data) {
  return isPdf(data) || (data.length >= 4 && equal(data.subarray(0, 4), ZIP));
}

/** Take a PDF or OFD apart. Throws Malformed for what no issuer of ours can have made. @param {Uint8Array} data @returns {Document} */
export function readDocument(data) {
  if (isPdf(data)) {
    const { body, statement } = readPdf(data);
    return { media: PDF, body, statement, holderFile: attachment(body), package: null };
  }
  const whole = readPackage(data);
  if (!whole.files.has('OFD.xml')) throw new Malformed(FORMAT, 'main-file', 'a package, but no OFD');
  let statement = null;
  if (whole.comment.length) {
    if (!equal(whole.comment.subarray(0, 4), COMMENT_MAGIC)) throw new Malformed(FORMAT, 'comment');
    statement = whole.comment.slice(4);
  }
  return { media: OFD, body: whole.body, statement, holderFile: whole.files.get(HOLDER_FILE) ?? null, package: whole };
}

/**
 * Check the statement about the bytes against the certificate inside. Never throws on bad input.
 * @param {Document} document @param {import('./credential.js').Claims} claims @param {TrustBundle} trust @param {number} at @param {string} level
 * @returns {Checked}
 */
export function checkDocument(document, claims, trust, at, level) {
  const digest = sm3(document.body);
  /** @type {Checked} */
  const checked = { reasons: [], seen: unseen(document, digest), needs: [], attestedAt: null };
  if (document.statement === null) {
    checked.needs.push({ what: 'rendition-statement', ref: hex(digest) });
    checked.reasons.push(['RENDITION_MISSING', '']);
    return checked;
  }
  const bytes = document.statement;
  const rendition = guarded(() => parseRendition(bytes), (e) => (checked.reasons.push(['RENDITION_INVALID', e.message]), null));
  if (!rendition) return checked;
  const stated = rendition.claims;
  if (stated.iss !== claims.iss || !equal(stated.cti, claims.cti)) {
    checked.reasons.push(['RENDITION_MISMATCH', '']);
    return checked;
  }
  const key = signer(rendition, trust, checked);
  if (!key) return checked;
  if (stated.media !== document.media || stated.length !== document.body.length || !equal(stated.digest, digest)) {
    checked.reasons.push(['DOCUMENT_ALTERED', '']);
    return checked;
  }
  checked.seen = { ...checked.seen, issuedAt: stated.iat, copy: stated.expires !== null, expires: stated.expires };
  inTime(stated, claims, key, at, checked);
  logged(rendition, key, trust, at, level, checked);
  if (!checked.reasons.length) checked.reasons.push(['OK', '']);
  return checked;
}

/** @param {Document} document @param {Uint8Array} digest @returns {import('./report.js').DocumentSeen} */
function unseen(document, digest) {
  return { media: MEDIA[document.media], digest: hex(digest), issuedAt: null, copy: false, expires: null, seal: null };
}

/** The key that signed, once its signature was checked. @param {import('./rendition.js').Rendition} rendition @param {TrustBundle} trust @param {Checked} checked @returns {IssuerKey | null} */
function signer({ sign1, claims }, trust, checked) {
  const key = trust.issuerKey(claims.iss, sign1.kid);
  if (!key) {
    checked.needs.push({ what: 'issuer-key', ref: `${claims.iss}/${hex(sign1.kid)}` });
    checked.reasons.push([ALGORITHMS.has(sign1.alg) ? 'KEY_UNKNOWN' : 'ALGORITHM_UNSUPPORTED', 'of the rendition statement']);
    return null;
  }
  if (sign1.alg !== key.key.alg || !sign1.verify(key.key)) {
    checked.reasons.push(['RENDITION_INVALID', 'signature']);
    return null;
  }
  return key;
}

/** @param {import('./rendition.js').RenditionClaims} stated @param {import('./credential.js').Claims} claims @param {IssuerKey} key @param {number} at @param {Checked} checked */
function inTime(stated, claims, key, at, { reasons }) {
  if (!key.kinds.includes(claims.kind)) reasons.push(['KEY_NOT_ALLOWED_FOR_KIND', 'of the rendition statement']);
  const revoked = key.revokedFrom !== null && stated.iat >= key.revokedFrom;
  if (revoked || stated.iat < key.notBefore || stated.iat >= key.notAfter) {
    reasons.push(['KEY_NOT_VALID_AT_ISSUE', 'of the rendition statement']);
  }
  if (stated.iat > at + CLOCK_SKEW) reasons.push(['NOT_YET_VALID', 'the rendition statement']);
  if (stated.expires !== null && at >= stated.expires) reasons.push(['COPY_EXPIRED', '']);
}

/** The statement's own way into the log; level L1 asks for none, and a revoked key needs one that is older. @param {import('./rendition.js').Rendition} rendition @param {IssuerKey} key @param {TrustBundle} trust @param {number} at @param {string} level @param {Checked} checked */
function logged(rendition, { revokedFrom }, trust, at, level, checked) {
  /** @type {import('./levels.js').ProvenTree[]} */
  let trees = [];
  let reason = 'RECEIPT_MISSING';
  if (rendition.entrySalt && rendition.receipts.length) {
    const body = entryBody(rendition.entrySalt, rendition.sign1.encodeBare());
    [trees, reason] = readReceipts(trust, rendition.receipts, body, rendition.claims.iat, at);
  }
  if (outcomeOf(reason) === FAILED || reason === 'NOT_YET_VALID' || (reason !== 'OK' && level !== 'L1')) {
    checked.reasons.push([reason, 'of the rendition statement']);
    if (outcomeOf(reason) === INDETERMINATE) checked.needs.push({ what: 'receipt', ref: 'of the rendition statement' });
  }
  if (trees.length) checked.attestedAt = Math.min(...trees.map((tree) => tree.iat));
  if (revokedFrom !== null && !trees.some((tree) => tree.iat < revokedFrom)) {
    checked.needs.push({ what: 'receipt', ref: 'of the rendition statement, older than the revocation of the key' });
    checked.reasons.push(['KEY_REVOKED', 'of the rendition statement']);
  }
}

/**
 * The electronic seal of an OFD; null for a document that has none, which its statement covers as well.
 * @param {Document} document @param {import('./credential.js').Claims} claims @param {TrustBundle} trust @param {number} at @param {Uint8Array[]} crls DER @param {Checked} checked takes what was seen
 * @returns {[string, string] | null}
 */
export function checkDocumentSeal(document, claims, trust, at, crls, checked) {
  if (!document.package) return null;
  try {
    const seal = checkSeal(document.package, trust, at, { attestedAt: checked.attestedAt, crls });
    if (seal.issuer !== claims.iss) return ['SEAL_INVALID', 'of another organisation than the certificate'];
    const { sealName: name, esid, signer: by, maker, signedAt } = seal;
    checked.seen = { ...checked.seen, seal: { name, esid, signer: by, maker, signed_at: iso(signedAt) } };
    return ['OK', ''];
  } catch (error) {
    if (!(error instanceof SealRefused)) throw error;
    if (error.fault === 'NOT_SEALED') return null;
    return [error.failed ? 'SEAL_INVALID' : 'SEAL_UNCERTAIN', error.fault];
  }
}
