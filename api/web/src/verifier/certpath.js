/**
 * From a certificate to a root that the trust bundle names (RFC 5280 section 6, without what no path of ours has).
 * Counterpart of verifier/certpath.py. What a file brings along is never believed for its own path; validity is checked
 * at the moment of signing: a seal does not become wrong because a certificate ran out later. Throws SealRefused.
 */
import { equal } from './bytes.js';
import { SealRefused } from './sealfault.js';
import { ANY_POLICY, CRL_SIGN, KEY_CERT_SIGN } from './x509.js';

const MAX_LENGTH = 5; // certificates of a path, from the one in question to the root

/** @typedef {import('./x509.js').X509} X509 */

/**
 * The path [leaf, issuer, …, root], every signature checked, every issuer entitled to issue, all valid at `at`.
 * @param {X509} leaf @param {X509[]} authorities @param {number} at the moment of signing @returns {X509[]}
 */
export function buildPath(leaf, authorities, at) {
  if (leaf.ca) throw new SealRefused('CERTIFICATE_NOT_FOR_THIS', 'an authority signs certificates only');
  if (!leaf.validAt(at)) throw new SealRefused('CERTIFICATE_NOT_VALID_AT_SIGNING');
  const path = [leaf];
  let last = leaf;
  while (path.length === 1 || !last.selfIssued) {
    if (path.length === MAX_LENGTH) throw new SealRefused('CERTIFICATE_PATH_INVALID', `more than ${MAX_LENGTH} certificates`);
    last = issuerOf(last, authorities, path.length - 1, at);
    path.push(last);
  }
  if (!last.signedBy(last.key)) throw new SealRefused('CERTIFICATE_SIGNATURE_INVALID', 'of the root');
  return path;
}

/** The leaf is certified for that policy, and no issuer that names policies leaves it out. @param {X509[]} path @param {string} policy */
export function checkPolicy([leaf, ...issuers], policy) {
  if (!leaf.policies?.has(policy)) throw new SealRefused('CERTIFICATE_NOT_FOR_THIS', 'policy');
  for (const { policies } of issuers) {
    if (policies && !policies.has(policy) && !policies.has(ANY_POLICY)) throw new SealRefused('CERTIFICATE_PATH_INVALID', 'policy of an issuer');
  }
}

/**
 * Nothing on the path was revoked when it was used. `attestedAt`: by when somebody else has seen the signature, null if
 * only its maker says when it was made: whoever stole a key dates what he signs as he likes. Lists of other authorities
 * are passed over; one that bears an authority's name and key without its signature is refused.
 * @param {X509[]} path @param {import('./crl.js').Crl[]} lists @param {number} signedAt @param {number | null} attestedAt
 */
export function checkRevocations(path, lists, signedAt, attestedAt) {
  path.slice(1).forEach((issuer, i) => {
    const named = lists.filter((c) => equal(c.issuer, issuer.subject) && sameKey(c.authorityKeyId, issuer));
    const signed = named.filter((c) => issuer.may(CRL_SIGN) && c.signedBy(issuer.key));
    for (const list of signed) {
      const found = list.revoked.get(path[i].serial);
      if (found) checkRevoked(found, signedAt, attestedAt);
    }
    if (signed.length !== named.length) throw new SealRefused('REVOCATIONS_UNUSABLE', 'a list that the authority did not sign');
    if (named.length && named.every((c) => signedAt > c.nextUpdate)) {
      throw new SealRefused('REVOCATIONS_UNUSABLE', 'every list is older than the signature');
    }
  });
}

/** @param {import('./crl.js').Revocation} found @param {number} signedAt @param {number | null} attestedAt */
function checkRevoked({ at, compromised }, signedAt, attestedAt) {
  if (signedAt >= at) throw new SealRefused('CERTIFICATE_REVOKED');
  if (compromised && (attestedAt === null || attestedAt >= at)) {
    throw new SealRefused('SEAL_TIME_NOT_ATTESTED', 'a certificate was revoked later');
  }
}

/**
 * The authority that signed it; `below`: authorities between it and the leaf. Two may share a name and a key, when one
 * was renewed: the one that was valid counts.
 * @param {X509} certificate @param {X509[]} authorities @param {number} below @param {number} at @returns {X509}
 */
function issuerOf(certificate, authorities, below, at) {
  const named = authorities.filter((a) => equal(a.subject, certificate.issuer) && sameKey(certificate.authorityKeyId, a));
  if (!named.length) throw new SealRefused('AUTHORITY_UNKNOWN', 'no authority of that name and key');
  const signers = named.filter((a) => certificate.signedBy(a.key));
  if (!signers.length) throw new SealRefused('CERTIFICATE_SIGNATURE_INVALID');
  const entitled = signers.filter((a) => a.ca && a.may(KEY_CERT_SIGN));
  if (!entitled.length) throw new SealRefused('CERTIFICATE_PATH_INVALID', 'an issuer that is no authority');
  const short = entitled.filter((a) => a.pathLength === null || a.pathLength >= below);
  if (!short.length) throw new SealRefused('CERTIFICATE_PATH_INVALID', 'longer than an issuer allows');
  const valid = short.find((a) => a.validAt(at));
  if (!valid) throw new SealRefused('CERTIFICATE_NOT_VALID_AT_SIGNING', 'an issuer');
  return valid;
}

/** Key identifiers agree where both are given: an authority changes its key and keeps its name. @param {Uint8Array | null} wanted @param {X509} authority */
function sameKey(wanted, { subjectKeyId: had }) {
  return wanted === null || had === null || equal(wanted, had);
}
