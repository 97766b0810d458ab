/**
 * X.509 version 3 certificates with SM2 keys (GB/T 20518, RFC 5280), read strictly and no further than seals need.
 * Counterpart of verifier/x509.py. Names are compared as bytes; a critical extension that is not known here makes the
 * certificate Unsupported, because it may take back what the rest says.
 */
import { be32, compare, utf8 } from './bytes.js';
import * as der from './der.js';
import { Malformed, Unsupported } from './errors.js';
import { Sm2PublicKey } from './sm2.js';

const FORMAT = 'x509';
const MAX_BYTES = 4096;
const MAX_SERIAL = 20; // bytes (RFC 5280 section 4.1.2.2)
const MAX_EXTENSIONS = 32;

export const SM2_WITH_SM3 = '1.2.156.10197.1.501';
const SM2_CURVE = '1.2.156.10197.1.301';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const POLICY_ARC = '2.25.333398298288961584024433040563282726980'; // of UUID fad22d36-32b0-4818-af1d-f4ed832d5044
export const POLICY_SEAL = `${POLICY_ARC}.2.3`; // signs documents with an electronic seal
export const POLICY_MAKER = `${POLICY_ARC}.2.4`; // makes electronic seals
export const ANY_POLICY = '2.5.29.32.0';

export const DIGITAL_SIGNATURE = 0;
export const NON_REPUDIATION = 1;
export const KEY_CERT_SIGN = 5;
export const CRL_SIGN = 6;

const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
const POLICIES = '2.5.29.32';
export const AUTHORITY_KEY_ID = '2.5.29.35';
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION_ID = '2.5.4.97';
const KNOWN = [SUBJECT_KEY_ID, KEY_USAGE, BASIC_CONSTRAINTS, POLICIES, AUTHORITY_KEY_ID];
const YEAR_2050 = utf8('2050');

/** A certificate, parsed and not yet believed. Times are seconds UTC, both ends belong to the validity. */
export class X509 {
  /** Throws Malformed or Unsupported. @param {Uint8Array} data DER */
  constructor(data) {
    const { tbs, signature } = readSigned(data, FORMAT, MAX_BYTES);
    const f = new der.Fields(FORMAT, tbs);
    const version = f.explicit(0);
    if (version?.integer() !== 2n) throw new Unsupported('X.509: version not 3');
    this.tbs = tbs.raw;
    this.serial = f.take(der.INTEGER).integer();
    if (this.serial <= 0n || this.serial >> BigInt(8 * MAX_SERIAL)) throw new Malformed(FORMAT, 'serial');
    checkAlgorithm(f.take(der.SEQUENCE));
    this.issuer = readName(f.take(der.SEQUENCE));
    [this.notBefore, this.notAfter] = validity(f.take(der.SEQUENCE));
    this.subject = readName(f.take(der.SEQUENCE));
    /** 04 || x || y, and the key to verify with */
    [this.public, this.key] = publicKey(f.take(der.SEQUENCE));
    const extensions = f.explicit(3);
    f.end();
    const found = extensions ? readExtensions(extensions, KNOWN) : new Map();
    [this.ca, this.pathLength] = basicConstraints(found.get(BASIC_CONSTRAINTS));
    /** @type {Set<number> | null} bits of KeyUsage; null without that extension */
    this.usages = found.get(KEY_USAGE)?.flags() ?? null;
    /** @type {Set<string> | null} identifiers of certificatePolicies; null without it */
    this.policies = policies(found.get(POLICIES));
    /** @type {Uint8Array | null} */
    this.subjectKeyId = found.get(SUBJECT_KEY_ID)?.octets() ?? null;
    this.authorityKeyId = authorityKeyId(found.get(AUTHORITY_KEY_ID));
    this.signature = signature;
  }

  /** Whether it names itself as its issuer, as roots do. */
  get selfIssued() {
    return compare(this.issuer, this.subject) === 0;
  }

  /** The subject's common name, for people to read; "" if it has none. */
  get name() {
    return attribute(this.subject, COMMON_NAME);
  }

  /** The subject's organizationIdentifier, a unified social credit code; "" if it has none. */
  get organization() {
    return attribute(this.subject, ORGANIZATION_ID);
  }

  /** Whether the certificate's signature is that key's, with the id 1234567812345678. @param {Sm2PublicKey} key */
  signedBy(key) {
    return key.verify(this.signature, this.tbs);
  }

  /** @param {number} at seconds */
  validAt(at) {
    return this.notBefore <= at && at <= this.notAfter;
  }

  /** Whether KeyUsage is there and has the bit. @param {number} usage */
  may(usage) {
    return this.usages?.has(usage) ?? false;
  }
}

/** An X.509 SIGNED structure: what is signed, and r || s. Throws Malformed or Unsupported. @param {Uint8Array} data @param {string} format @param {number} maxBytes */
export function readSigned(data, format, maxBytes) {
  const f = new der.Fields(format, der.parse(data, maxBytes));
  const tbs = f.take(der.SEQUENCE);
  checkAlgorithm(f.take(der.SEQUENCE));
  const signature = rawSignature(f.take(der.BIT_STRING).bits());
  f.end();
  return { tbs, signature };
}

/** r || s, 64 bytes, of DER SEQUENCE { INTEGER r, INTEGER s } (GB/T 35276 section 7.3). Throws Malformed. @param {Uint8Array} data @returns {Uint8Array} */
export function rawSignature(data) {
  const f = new der.Fields(FORMAT, der.parse(data, 72));
  const numbers = [f.take(der.INTEGER).integer(), f.take(der.INTEGER).integer()];
  f.end();
  if (numbers.some((n) => n <= 0n || n >> 256n)) throw new Malformed(FORMAT, 'signature');
  return Uint8Array.from(numbers.flatMap((n) => [...be32(n)]));
}

/** AlgorithmIdentifier of SM2 with SM3; its parameters are absent or, as some write them, NULL. @param {der.Node} node */
export function checkAlgorithm(node) {
  const f = new der.Fields(FORMAT, node);
  if (f.take(der.OID).oid() !== SM2_WITH_SM3) throw new Unsupported('X.509: signature algorithm not SM2 with SM3');
  f.optional(der.NULL);
  f.end();
}

/** A Name of at least one attribute, as it stands. @param {der.Node} node @returns {Uint8Array} */
export function readName(node) {
  for (const attributes of node.children) {
    if (attributes.tag !== der.SET || !attributes.children.length) throw new Malformed(FORMAT, 'name');
    for (const item of attributes.children) {
      const f = new der.Fields(FORMAT, item);
      f.take(der.OID);
      f.any();
      f.end();
    }
  }
  if (!node.children.length) throw new Malformed(FORMAT, 'name', 'empty');
  return node.raw;
}

/** The last text of that attribute in a Name that has been checked. @param {Uint8Array} name @param {string} wanted @returns {string} */
function attribute(name, wanted) {
  let found = '';
  for (const attributes of der.parse(name, MAX_BYTES).children) {
    for (const { children: [kind, value] } of attributes.children) {
      if (kind.oid() === wanted && (value.tag === der.UTF8_STRING || value.tag === der.PRINTABLE_STRING)) found = value.text(value.tag);
    }
  }
  return found;
}

/** A Time: UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). @param {der.Node} node @returns {number} */
export function readTime(node) {
  if (node.tag === der.UTC_TIME) return node.time(der.UTC_TIME);
  if (compare(node.content, YEAR_2050) < 0) throw new Malformed(FORMAT, 'time', 'before 2050 it is UTCTime');
  return node.time(der.GENERALIZED_TIME);
}

/** Values of the known extensions, by identifier; the others only if they are not critical. @param {der.Node} node @param {string[]} known @returns {Map<string, der.Node>} */
export function readExtensions(node, known) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {Map<string, der.Node>} */
  const found = new Map();
  const { length } = node.children;
  if (node.tag !== der.SEQUENCE || !length || length > MAX_EXTENSIONS) throw new Malformed(FORMAT, 'extensions');
  for (const extension of node.children) {
    const f = new der.Fields(FORMAT, extension);
    const identifier = f.take(der.OID).oid();
    const critical = f.optional(der.BOOLEAN);
    const value = f.take(der.OCTET_STRING).octets();
    f.end();
    if (critical && !critical.boolean()) throw new Malformed(FORMAT, 'extension', 'FALSE is the default and not written');
    if (seen.has(identifier)) throw new Malformed(FORMAT, 'extension', 'twice');
    seen.add(identifier);
    if (known.includes(identifier)) found.set(identifier, der.parse(value, MAX_BYTES));
    else if (critical) throw new Unsupported('X.509: critical extension not known');
  }
  return found;
}

/** @param {der.Node} node @returns {[number, number]} */
function validity(node) {
  const f = new der.Fields(FORMAT, node);
  const start = readTime(f.any());
  const end = readTime(f.any());
  f.end();
  if (end <= start) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
  return [start, end];
}

/** @param {der.Node} node @returns {[Uint8Array, Sm2PublicKey]} */
function publicKey(node) {
  const f = new der.Fields(FORMAT, node);
  const algorithm = new der.Fields(FORMAT, f.take(der.SEQUENCE));
  if (algorithm.take(der.OID).oid() !== EC_PUBLIC_KEY || algorithm.take(der.OID).oid() !== SM2_CURVE) {
    throw new Unsupported('X.509: not an SM2 key');
  }
  algorithm.end();
  const point = f.take(der.BIT_STRING).bits();
  f.end();
  try {
    return [point, Sm2PublicKey.parse(point)];
  } catch (error) {
    if (error instanceof TypeError) throw new Malformed(FORMAT, 'point', 'not a point of the curve');
    throw error;
  }
}

/** @param {der.Node | undefined} node @returns {[boolean, bigint | null]} */
function basicConstraints(node) {
  if (!node) return [false, null];
  const f = new der.Fields(FORMAT, node);
  const ca = f.optional(der.BOOLEAN);
  const length = f.optional(der.INTEGER);
  f.end();
  if ((ca && !ca.boolean()) || (length && (!ca || length.integer() < 0n))) throw new Malformed(FORMAT, 'basic-constraints');
  return [ca !== null, length && length.integer()];
}

/** @param {der.Node | undefined} node @returns {Set<string> | null} */
function policies(node) {
  if (!node) return null;
  if (node.tag !== der.SEQUENCE) throw new Malformed(FORMAT, 'type');
  const found = node.children.map((policy) => {
    const f = new der.Fields(FORMAT, policy);
    const identifier = f.take(der.OID).oid();
    f.optional(der.SEQUENCE); // qualifiers are words for people
    f.end();
    return identifier;
  });
  if (!found.length || new Set(found).size !== found.length) throw new Malformed(FORMAT, 'policies');
  return new Set(found);
}

/** The key identifier; issuer and serial, which may stand beside it, say nothing that the name does not. @param {der.Node | undefined} node @returns {Uint8Array | null} */
export function authorityKeyId(node) {
  if (!node) return null;
  return new der.Fields(FORMAT, node).optional(der.context(0, false))?.content ?? null;
}
