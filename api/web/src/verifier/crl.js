/**
 * Certificate revocation lists, version 2 (RFC 5280 section 5, GB/T 20518), with SM2 signatures. Counterpart of
 * verifier/crl.py. A whole list only: a delta, or one of a part of the certificates, says so in a critical extension.
 */
import * as der from './der.js';
import { Malformed, Unsupported } from './errors.js';
import { AUTHORITY_KEY_ID, authorityKeyId, checkAlgorithm, readExtensions, readName, readSigned, readTime } from './x509.js';

const FORMAT = 'crl';
const MAX_BYTES = 1 << 17;
const UNSPECIFIED = 0;
const REASONS = [0, 1, 2, 3, 4, 5, 6, 9, 10]; // 7 is unused, 8 takes a hold back and is of deltas
const BACKDATED = [0, 1, 2, 6, 10]; // somebody else may have the key, who can then sign with any date
const NUMBER = '2.5.29.20';
const REASON = '2.5.29.21';
const INVALIDITY = '2.5.29.24';

/** @typedef {{at: number, compromised: boolean}} Revocation `at`: from when on the key is not believed, seconds UTC */

/** A parsed list, not yet believed. */
export class Crl {
  /** Throws Malformed or Unsupported. @param {Uint8Array} data DER */
  constructor(data) {
    const { tbs, signature } = readSigned(data, FORMAT, MAX_BYTES);
    const f = new der.Fields(FORMAT, tbs);
    if (f.take(der.INTEGER).integer() !== 1n) throw new Unsupported('CRL: version not 2');
    checkAlgorithm(f.take(der.SEQUENCE));
    this.tbs = tbs.raw;
    this.signature = signature;
    this.issuer = readName(f.take(der.SEQUENCE));
    const thisUpdate = readTime(f.any());
    this.nextUpdate = readTime(f.any());
    if (this.nextUpdate <= thisUpdate) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
    const listed = f.optional(der.SEQUENCE);
    const extensions = f.explicit(0);
    f.end();
    const found = extensions ? readExtensions(extensions, [NUMBER, AUTHORITY_KEY_ID]) : new Map();
    found.get(NUMBER)?.integer();
    this.authorityKeyId = authorityKeyId(found.get(AUTHORITY_KEY_ID));
    this.revoked = entries(listed);
  }

  /** Whether the list's signature is that key's. @param {import('./sm2.js').Sm2PublicKey} key */
  signedBy(key) {
    return key.verify(this.signature, this.tbs);
  }
}

/** By serial number. @param {der.Node | null} node @returns {Map<bigint, Revocation>} */
function entries(node) {
  /** @type {Map<bigint, Revocation>} */
  const found = new Map();
  if (!node) return found;
  if (!node.children.length) throw new Malformed(FORMAT, 'entries', 'an empty list is left out');
  for (const entry of node.children) {
    const f = new der.Fields(FORMAT, entry);
    const serial = f.take(der.INTEGER).integer();
    const at = readTime(f.any());
    const extensions = f.optional(der.SEQUENCE);
    f.end();
    if (found.has(serial)) throw new Malformed(FORMAT, 'entries', 'a serial number twice');
    found.set(serial, revocation(at, extensions));
  }
  return found;
}

/** What an entry says. invalidityDate, if earlier, is when the key was lost; the date when somebody noticed. @param {number} at @param {der.Node | null} extensions @returns {Revocation} */
function revocation(at, extensions) {
  const found = extensions ? readExtensions(extensions, [REASON, INVALIDITY]) : new Map();
  const lost = found.get(INVALIDITY)?.time(der.GENERALIZED_TIME) ?? at;
  const node = found.get(REASON);
  if (node && (node.tag !== der.ENUMERATED || node.content.length !== 1 || !REASONS.includes(node.content[0]))) {
    throw new Malformed(FORMAT, 'reason');
  }
  return { at: Math.min(at, lost), compromised: BACKDATED.includes(node ? node.content[0] : UNSPECIFIED) };
}
