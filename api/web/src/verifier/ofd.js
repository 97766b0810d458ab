/**
 * Is the seal on this OFD good? GB/T 38540-2020 clause 7.3, with the trust bundle saying whom we believe. Counterpart of
 * verifier/ofd.py: the same checks in the same order.
 *
 * Signing time is what the signer says. Where a key or certificate has been revoked since, only a time that somebody else
 * attests (`attestedAt`, from a log's receipt) tells an old seal from a back-dated one.
 */
import { equal } from './bytes.js';
import { buildPath, checkPolicy, checkRevocations } from './certpath.js';
import { Crl } from './crl.js';
import { generalized } from './der.js';
import { Malformed, Unsupported, guarded } from './errors.js';
import { CLOCK_SKEW } from './fields.js';
import { CRV_SM2 } from './labels.js';
import { SeveralSignatures, member, readEntry, readSignature } from './ofdfile.js';
import { SealRefused } from './sealfault.js';
import { MISPRINTED_ALGORITHM, SealSignature } from './ses.js';
import { sm3 } from './sm3.js';
import { DIGITAL_SIGNATURE, NON_REPUDIATION, POLICY_MAKER, POLICY_SEAL, SM2_WITH_SM3, X509 } from './x509.js';

/** Warning: the algorithm's identifier is the one that lacks an arc. */
export const MISPRINTED = 'MISPRINTED_ALGORITHM';

/** @typedef {import('./package.js').Package} Package */
/** @typedef {import('./ofdfile.js').SignatureFile} SignatureFile */
/** @typedef {import('./trust-bundle.js').TrustBundle} TrustBundle */
/** A sealed package, parsed. @typedef {{files: import('./ofdfile.js').Files, file: SignatureFile, value: SealSignature, maker: X509, signer: X509}} Sealed */
/**
 * @typedef {object} SealSeen A seal that was accepted. Times are seconds UTC.
 * @property {string} esid
 * @property {string} sealName
 * @property {string} vid
 * @property {string} maker common name of the certificate
 * @property {string} signer likewise
 * @property {string} issuer social credit code, from the trust bundle
 * @property {number} signedAt what the signer says
 * @property {number} validFrom
 * @property {number} validUntil
 * @property {string[]} warnings
 */

/**
 * The seal of the package. `crls`: DER. Throws SealRefused.
 * @param {Package} whole @param {TrustBundle} trust @param {number} at now, seconds UTC
 * @param {{attestedAt?: number | null, crls?: Uint8Array[]}} [more] `attestedAt`: by when somebody other than the signer has seen it
 * @returns {SealSeen}
 */
export function checkSeal(whole, trust, at, { attestedAt = null, crls = [] } = {}) {
  try {
    return checked(read(whole), trust, at, attestedAt, crls);
  } catch (error) {
    if (error instanceof SeveralSignatures) throw new SealRefused('SEVERAL_SIGNATURES');
    if (error instanceof Malformed) throw new SealRefused('SEAL_MALFORMED', `${error.format}: ${error.reason}`);
    if (error instanceof Unsupported) throw new SealRefused('SEAL_UNSUPPORTED', error.message);
    throw error;
  }
}

/** @param {Sealed} sealed @param {TrustBundle} trust @param {number} at @param {number | null} attestedAt @param {Uint8Array[]} crls @returns {SealSeen} */
function checked(sealed, trust, at, attestedAt, crls) {
  const { value, maker, signer } = sealed;
  const { seal, signedAt } = value;
  const lists = readable(crls, (data) => new Crl(data));
  const authorities = authoritiesOf(trust);
  checkRevocations(makerPath(seal, maker, authorities), lists, signedAt, attestedAt);
  checkUse(value);
  if (signedAt > at + CLOCK_SKEW) throw new SealRefused('SEAL_SIGNED_IN_FUTURE');
  const path = buildPath(signer, authorities, signedAt);
  checkPolicy(path, POLICY_SEAL);
  if (!signs(signer)) throw new SealRefused('CERTIFICATE_NOT_FOR_THIS', 'key usage');
  checkRevocations(path, lists, signedAt, attestedAt);
  const issuer = checkKey(trust, signer, signedAt, attestedAt);
  checkSignature(sealed);
  // at the end: it says nothing against the document
  if (lists.length !== crls.length) throw new SealRefused('REVOCATIONS_UNUSABLE', 'a list cannot be read');
  return {
    esid: seal.esid,
    sealName: seal.name,
    vid: seal.vid,
    maker: maker.name,
    signer: signer.name,
    issuer: issuer.uscc,
    signedAt,
    validFrom: seal.validFrom,
    validUntil: seal.validUntil,
    warnings: seal.misprinted || value.misprinted ? [MISPRINTED] : [],
  };
}

/** @param {Package} whole @returns {Sealed} */
function read({ files }) {
  const file = readSignature(files, readEntry(files));
  if (!file) throw new SealRefused('NOT_SEALED');
  const value = new SealSignature(member(files, file.value));
  checkStructure(files, file, value);
  return { files, file, value, maker: new X509(value.seal.maker), signer: new X509(value.signer) };
}

/** What the caller gave, as far as this verifier can read it. @template T @param {Uint8Array[]} items @param {(data: Uint8Array) => T} parse @returns {T[]} */
function readable(items, parse) {
  return items.flatMap((data) => guarded(() => [parse(data)], () => []));
}

/** Of a bundle, parsed once: the same few stand behind every document. @type {WeakMap<TrustBundle, X509[]>} */
const AUTHORITIES = new WeakMap();

/** @param {TrustBundle} trust @returns {X509[]} */
function authoritiesOf(trust) {
  const found = AUTHORITIES.get(trust) ?? readable(trust.authorities, (data) => new X509(data));
  AUTHORITIES.set(trust, found);
  return found;
}

/** What is said twice is said alike: the seal, the time, the algorithm, the file that was signed. @param {import('./ofdfile.js').Files} files @param {SignatureFile} file @param {SealSignature} value */
function checkStructure(files, file, value) {
  if (file.method !== SM2_WITH_SM3 && file.method !== MISPRINTED_ALGORITHM) throw new Unsupported('OFD: signature method not SM2 with SM3');
  if (value.covers !== `/${file.path}`) throw new Malformed('ofd', 'property-info');
  if (value.timeStamp) throw new Unsupported('e-seal: time stamp'); // it stands outside of every signature that we can check
  if (!equal(member(files, file.seal), value.seal.encoded)) throw new SealRefused('SEAL_DIFFERS', 'Seal.esl is not the seal of the signature');
  if (file.madeAt !== generalized(value.signedAt)) throw new SealRefused('SEAL_TIME_DIFFERS');
}

/** The path of the seal's maker, who may make seals and was certified when it was made. @param {import('./ses.js').Seal} seal @param {X509} maker @param {X509[]} authorities */
function makerPath(seal, maker, authorities) {
  if (!seal.madeBy(maker)) throw new SealRefused('MAKER_SIGNATURE_INVALID');
  const path = buildPath(maker, authorities, seal.createdAt);
  if (!maker.policies?.has(POLICY_MAKER) || !signs(maker)) throw new SealRefused('MAKER_NOT_PERMITTED');
  checkPolicy(path, POLICY_MAKER);
  return path;
}

/** The seal was valid when it was used, and by somebody who may. @param {SealSignature} value */
function checkUse({ seal, signedAt, signer }) {
  if (!seal.validAt(signedAt) || seal.createdAt > signedAt) throw new SealRefused('SEAL_NOT_VALID_AT_SIGNING');
  if (!seal.lists(signer)) throw new SealRefused('SIGNER_NOT_LISTED');
}

/** The issuer whose key it is, by the bundle, which may know less than the authorities or later than they. @param {TrustBundle} trust @param {X509} signer @param {number} signedAt @param {number | null} attestedAt */
function checkKey(trust, signer, signedAt, attestedAt) {
  const owners = trust.issuers.flatMap((issuer) =>
    issuer.keys.filter(({ key }) => key.crv === CRV_SM2 && equal(key.bytes, signer.public)).map((key) => ({ issuer, key })));
  if (!owners.length) throw new SealRefused('SEAL_KEY_UNKNOWN');
  const named = owners.find(({ issuer }) => ['', issuer.uscc].includes(signer.organization));
  if (!named) throw new SealRefused('CERTIFICATE_NOT_FOR_THIS', 'of another organisation than the key');
  const { seals, notBefore, notAfter, revokedFrom } = named.key;
  if (!seals) throw new SealRefused('KEY_NOT_FOR_SEALS');
  if (signedAt < notBefore || signedAt >= notAfter) throw new SealRefused('KEY_NOT_VALID_AT_SIGNING');
  if (revokedFrom !== null && signedAt >= revokedFrom) throw new SealRefused('KEY_NOT_VALID_AT_SIGNING', 'signed after the key was revoked');
  if (revokedFrom !== null && (attestedAt === null || attestedAt >= revokedFrom)) {
    throw new SealRefused('SEAL_TIME_NOT_ATTESTED', 'the key was revoked later');
  }
  return named.issuer;
}

/** Every member but the signature's own two is named with its digest, in the order of the package; all is signed. @param {Sealed} sealed */
function checkSignature({ files, file, value, signer }) {
  const own = [file.path, file.value];
  if (!equal(value.digest, sm3(member(files, file.path)))) throw new SealRefused('SIGNATURE_FILE_ALTERED');
  for (const [name, digest] of file.references) {
    const content = files.get(name);
    if (!content || own.includes(name)) throw new SealRefused('MEMBER_MISSING');
    if (!equal(sm3(content), digest)) throw new SealRefused('MEMBER_ALTERED');
  }
  const covered = [...files.keys()].filter((name) => !own.includes(name));
  const named = [...file.references.keys()]; // each is there and none is named twice: as many, then, are all
  if (covered.length !== named.length) throw new SealRefused('MEMBER_NOT_COVERED');
  if (covered.some((name, i) => name !== named[i])) throw new Malformed('ofd', 'order', 'references in another order than the members');
  if (!value.signedBy(signer)) throw new SealRefused('SEAL_SIGNATURE_INVALID');
}

/** @param {X509} certificate */
function signs(certificate) {
  return certificate.may(DIGITAL_SIGNATURE) || certificate.may(NON_REPUDIATION);
}
