/**
 * Electronic seals and seal signatures, version 4 (GB/T 38540-2020 clauses 6.1 and 7.1). Counterpart of verifier/ses.py,
 * which shows the two structures. The maker signs the DER of the seal's first member, the signer that of the signature's.
 */
import { equal, hex } from './bytes.js';
import * as der from './der.js';
import { Malformed, Unsupported } from './errors.js';
import { sm3 } from './sm3.js';
import { SM2_WITH_SM3, rawSignature } from './x509.js';

const FORMAT = 'e-seal';
const MAX_SEAL_BYTES = 1 << 18;
const MAX_BYTES = 1 << 19;
const MAX_CERTIFICATES = 64;
const MAX_TEXT = 256; // characters
const MAX_MILLIMETRES = 1000;
const VERSION = 4n;
const CERTIFICATES = 1n; // certListType: the list holds certificates
const DIGESTS = 2n; // certListType: the list holds SM3 digests of certificates
const SM3_OID = '1.2.156.10197.1.401';
/** What a widespread writer puts for SM2 with SM3, an arc short. Read with a warning, never written. */
export const MISPRINTED_ALGORITHM = '1.2.156.10197.501';
/** First bytes by format. @type {Map<string, Uint8Array>} */
const PICTURES = new Map([['PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)]]);
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u; // beside the space

/** @typedef {import('./x509.js').X509} X509 */
/** What the seal looks like, in millimetres on paper. @typedef {{type: string, data: Uint8Array, widthMm: number, heightMm: number}} Picture */

/** An SESeal, parsed and not yet believed. Times are seconds UTC. */
export class Seal {
  /** Throws Malformed or Unsupported. @param {der.Node} node */
  constructor(node) {
    const f = new der.Fields(FORMAT, node);
    const info = f.take(der.SEQUENCE);
    this.encoded = node.raw;
    this.signed = info.raw;
    /** the maker's certificate */
    this.maker = f.take(der.OCTET_STRING).octets();
    this.misprinted = isMisprinted(f.take(der.OID));
    this.signature = rawSignature(f.take(der.BIT_STRING).bits());
    f.end();
    const i = new der.Fields(FORMAT, info);
    this.vid = header(i.take(der.SEQUENCE));
    this.esid = text(i.take(der.IA5_STRING), der.IA5_STRING);
    const properties = new der.Fields(FORMAT, i.take(der.SEQUENCE));
    this.picture = picture(i.take(der.SEQUENCE));
    extensions(i.explicit(0));
    // as two writers do; which form the standard means is not settled
    if (i.optional(der.SEQUENCE)) throw new Unsupported('e-seal: extension data without a tag');
    i.end();
    this.type = properties.take(der.INTEGER).integer();
    const name = properties.take(der.UTF8_STRING);
    const listType = properties.take(der.INTEGER).integer();
    this.byDigest = listType === DIGESTS;
    /** certificates, or their digests, in hexadecimal */
    this.signers = signers(listType, properties.take(der.SEQUENCE));
    this.createdAt = time(properties);
    this.validFrom = time(properties);
    this.validUntil = time(properties);
    properties.end();
    if (this.validUntil <= this.validFrom) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
    this.name = text(name, der.UTF8_STRING);
  }

  /** Parse DER. @param {Uint8Array} data @returns {Seal} */
  static parse(data) {
    return new Seal(der.parse(data, MAX_SEAL_BYTES));
  }

  /** Whether that certificate may sign with this seal. @param {Uint8Array} certificate DER */
  lists(certificate) {
    return this.signers.has(hex(this.byDigest ? sm3(certificate) : certificate));
  }

  /** Whether the seal's signature is of that certificate's key. @param {X509} maker */
  madeBy(maker) {
    return maker.key.verify(this.signature, this.signed);
  }

  /** Both ends included. @param {number} at */
  validAt(at) {
    return this.validFrom <= at && at <= this.validUntil;
  }
}

/** An SES_Signature, parsed and not yet believed. */
export class SealSignature {
  /** Throws Malformed or Unsupported. @param {Uint8Array} data DER */
  constructor(data) {
    const f = new der.Fields(FORMAT, der.parse(data, MAX_BYTES));
    const toSign = f.take(der.SEQUENCE);
    this.signed = toSign.raw;
    /** the signer's certificate */
    this.signer = f.take(der.OCTET_STRING).octets();
    this.misprinted = isMisprinted(f.take(der.OID));
    this.signature = rawSignature(f.take(der.BIT_STRING).bits());
    const stamp = f.explicit(0);
    f.end();
    const t = new der.Fields(FORMAT, toSign);
    if (t.take(der.INTEGER).integer() !== VERSION) throw new Unsupported('e-seal: signature version not 4');
    this.seal = new Seal(t.take(der.SEQUENCE));
    this.signedAt = time(t); // timeInfo
    this.digest = t.take(der.BIT_STRING).bits(); // dataHash
    this.covers = text(t.take(der.IA5_STRING), der.IA5_STRING); // propertyInfo, the path of the file that is signed
    extensions(t.explicit(0));
    t.end();
    if (this.digest.length !== 32) throw new Malformed(FORMAT, 'data-hash');
    this.timeStamp = stamp && stamp.bits();
  }

  /** Whether the signature is of that certificate's key. @param {X509} signer */
  signedBy(signer) {
    return signer.key.verify(this.signature, this.signed);
  }
}

/** Whether SM2 with SM3 is named by the misprinted identifier. @param {der.Node} node */
function isMisprinted(node) {
  const oid = node.oid();
  if (oid !== SM2_WITH_SM3 && oid !== MISPRINTED_ALGORITHM) throw new Unsupported('e-seal: signature algorithm not SM2 with SM3');
  return oid === MISPRINTED_ALGORITHM;
}

/** @param {der.Node} node */
function header(node) {
  const f = new der.Fields(FORMAT, node);
  if (f.take(der.IA5_STRING).text(der.IA5_STRING) !== 'ES') throw new Malformed(FORMAT, 'header');
  if (f.take(der.INTEGER).integer() !== VERSION) throw new Unsupported('e-seal: version not 4');
  const vid = text(f.take(der.IA5_STRING), der.IA5_STRING);
  f.end();
  return vid;
}

/** @param {der.Fields} f */
function time(f) {
  return f.take(der.GENERALIZED_TIME).time(der.GENERALIZED_TIME);
}

/** @param {der.Node} node @param {number} tag */
function text(node, tag) {
  const found = node.text(tag);
  if (!found || [...found].length > MAX_TEXT || NOT_PRINTABLE.test(found.replaceAll(' ', ''))) throw new Malformed(FORMAT, 'text');
  return found;
}

/** @param {bigint} listType @param {der.Node} node @returns {Set<string>} */
function signers(listType, node) {
  if (listType !== CERTIFICATES && listType !== DIGESTS) throw new Unsupported('e-seal: certListType not 1 or 2');
  const found = node.children.map((child) => hex(listType === CERTIFICATES ? child.octets() : certificateDigest(child)));
  if (!found.length || found.length > MAX_CERTIFICATES || new Set(found).size !== found.length) throw new Malformed(FORMAT, 'signers');
  return new Set(found);
}

/** CertDigestObj { type PrintableString, value OCTET STRING }; of the types we know SM3, by identifier or name. @param {der.Node} node */
function certificateDigest(node) {
  const f = new der.Fields(FORMAT, node);
  if (![SM3_OID, 'SM3'].includes(f.take(der.PRINTABLE_STRING).text(der.PRINTABLE_STRING))) {
    throw new Unsupported('e-seal: certificate digest not SM3');
  }
  const value = f.take(der.OCTET_STRING).octets();
  f.end();
  if (value.length !== 32) throw new Malformed(FORMAT, 'signers');
  return value;
}

/** @param {der.Node} node @returns {Picture} */
function picture(node) {
  const f = new der.Fields(FORMAT, node);
  const type = text(f.take(der.IA5_STRING), der.IA5_STRING);
  const data = f.take(der.OCTET_STRING).octets();
  const sides = [f.take(der.INTEGER).integer(), f.take(der.INTEGER).integer()];
  f.end();
  const magic = PICTURES.get(type.toUpperCase());
  if (!magic) throw new Unsupported('e-seal: picture format not known');
  if (!equal(data.subarray(0, magic.length), magic) || sides.some((side) => side <= 0n || side > MAX_MILLIMETRES)) {
    throw new Malformed(FORMAT, 'picture');
  }
  return { type, data, widthMm: Number(sides[0]), heightMm: Number(sides[1]) };
}

/** ExtensionDatas: each { identifier, critical, value }. None is known here, so none may be critical. @param {der.Node | null} node */
function extensions(node) {
  if (!node) return;
  if (node.tag !== der.SEQUENCE) throw new Malformed(FORMAT, 'type');
  for (const extension of node.children) {
    const f = new der.Fields(FORMAT, extension);
    f.take(der.OID);
    const critical = f.optional(der.BOOLEAN);
    f.take(der.OCTET_STRING);
    f.end();
    if (critical?.boolean()) throw new Unsupported('e-seal: critical extension not known');
  }
}
