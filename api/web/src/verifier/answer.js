/** The signed answer: what a relying party was told. Counterpart of verifier/answer.py. */
import { concat, equal, hex, utf8 } from './bytes.js';
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';
import { iso } from './report.js';
import { hmacSm3, sm3 } from './sm3.js';
import { judge } from './statement.js';

const FORMAT = 'answer';
export const MAX_BYTES = 4096;
export const SALT_BYTES = 32;
export const MAX_REASONS = 8;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const PURPOSE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const QUESTION = utf8('mz-question\0');

export const PREDICATES = [
  'AUTHENTICITY', 'CERTIFICATE_VALID', 'REGISTERED_MARRIED', 'SPOUSES_MATCH', 'REGISTERED_DIVORCE_WITHIN',
  'REGISTERED_BETWEEN', 'DOCUMENT_AUTHENTIC', 'DISCLOSED_FIELDS',
];
/** By number, from 1. UNDETERMINED is an answer, and never stands for "no". */
export const RESULTS = ['', 'TRUE', 'FALSE', 'UNDETERMINED'];
export const BASES = ['', 'CONSENT', 'STATUTORY_DUTY', 'CONTRACT', 'POSSESSION'];

/**
 * What is stated; times in seconds UTC, `statusAge` in seconds, `asOf` a civil day ("2026-11-22").
 * @typedef {{iss: string, aud: string, iat: number, requestId: Uint8Array, predicate: string, result: string, purpose: string, asOf: string | null, knownAt: number, commitment: Uint8Array, pseudonym: Uint8Array | null, level: number, statusAge: number | null, reasons: string[], basis: string, catalogue: number}} AnswerClaims
 */

/** A member that numbers one of `names`, from `low`. @param {Map<any, any>} m @param {number} key @param {string[]} names @param {number} low */
function named(m, key, names, low) {
  const value = fields.uint(FORMAT, m, key, names.length - 1);
  if (value < low) throw new Malformed(FORMAT, 'integer', `key ${key}`);
  return /** @type {string} */ (names[value]);
}

/** @param {Map<any, any>} m @returns {string} */
function day(m) {
  const text = fields.text(FORMAT, m, 4, 10);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) && !text.startsWith('0000') ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(time) || !iso(time / 1000).startsWith(text)) throw new Malformed(FORMAT, 'day');
  return text;
}

/** @param {Map<any, any>} m @returns {string[]} */
function reasonsOf(m) {
  const items = fields.array(FORMAT, m, 10, MAX_REASONS);
  if (!items.every((item) => typeof item === 'string' && CODE.test(item)) || new Set(items).size !== items.length) {
    throw new Malformed(FORMAT, 'reasons');
  }
  return items;
}

/** @param {Uint8Array} payload @returns {AnswerClaims} */
function parseClaims(payload) {
  const m = fields.mapping(FORMAT, cbor.decode(payload), [L.CWT_ISS, L.CWT_AUD, L.CWT_IAT, L.CWT_CTI, L.CWT_MZ]);
  const p = fields.mapping(FORMAT, m.get(L.CWT_MZ), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const purpose = fields.text(FORMAT, p, 3, 64);
  if (!PURPOSE.test(purpose)) throw new Malformed(FORMAT, 'code', 'key 3');
  return {
    iss: fields.uscc(FORMAT, m, L.CWT_ISS),
    aud: fields.uscc(FORMAT, m, L.CWT_AUD),
    iat: fields.time(FORMAT, m, L.CWT_IAT),
    requestId: fields.octets(FORMAT, m, L.CWT_CTI, 16),
    predicate: named(p, 1, PREDICATES, 0),
    result: named(p, 2, RESULTS, 1),
    purpose,
    asOf: p.get(4) === null ? null : day(p),
    knownAt: fields.time(FORMAT, p, 5),
    commitment: fields.octets(FORMAT, p, 6, 32),
    pseudonym: p.get(7) === null ? null : fields.octets(FORMAT, p, 7, 16),
    level: fields.uint(FORMAT, p, 8, 5),
    statusAge: p.get(9) === null ? null : fields.time(FORMAT, p, 9),
    reasons: reasonsOf(p),
    basis: named(p, 11, BASES, 1),
    catalogue: fields.uint(FORMAT, p, 12, 2 ** 31 - 1),
  };
}

/** A parsed, *unverified* answer. */
export class Answer {
  /** Parse strictly. Throws Malformed or Unsupported. @param {Uint8Array} data */
  constructor(data) {
    this.sign1 = Sign1.parse(data, L.TYP_ANSWER, MAX_BYTES);
    fields.mapping(FORMAT, this.sign1.headers, [1, 4, 16]);
    if (this.sign1.unprotected.size || this.sign1.payload === null) throw new Malformed(FORMAT, 'structure');
    this.claims = parseClaims(this.sign1.payload);
  }

  /** "OK", or why not; checked at `at`, seconds UTC. @param {import('./trust-bundle.js').TrustBundle} trust @param {number} at @returns {string} */
  check(trust, at) {
    if (at < trust.issuedAt - fields.CLOCK_SKEW || at >= trust.expires) return 'TRUST_EXPIRED';
    const key = trust.answerKey(this.claims.iss, this.sign1.kid);
    const reason = judge(this.sign1, key, this.claims.iat, at, trust.answers.some((k) => k.uscc === this.claims.iss));
    return reason === 'OK' && key && key.revokedFrom !== null ? 'KEY_REVOKED' : reason;
  }

  /** Whether this question, with the salt that came beside the answer, is what was answered. @param {Uint8Array} salt @param {Uint8Array} question */
  opens(salt, question) {
    return salt.length === SALT_BYTES && equal(hmacSm3(salt, sm3(concat(QUESTION, question))), this.claims.commitment);
  }

  /** JSON form, that of Python. @returns {Record<string, any>} */
  toJson() {
    const c = this.claims;
    return {
      request_id: hex(c.requestId),
      service: c.iss,
      party: c.aud,
      answered_at: iso(c.iat),
      predicate: c.predicate,
      result: c.result,
      reasons: c.reasons,
      purpose: c.purpose,
      basis: c.basis,
      catalogue: c.catalogue,
      as_of: c.asOf,
      known_at: iso(c.knownAt),
      level: c.level ? `L${c.level}` : null,
      status_age_seconds: c.statusAge,
      pseudonym: c.pseudonym && hex(c.pseudonym),
      commitment: hex(c.commitment),
    };
  }
}
