/** Certificate statement, disclosures and the holder's file. Counterpart of verifier/credential.py. */
import { hex, isBytes, isInt } from './bytes.js';
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';
import { SM3_TREE, fixedRootFromPath } from './merkle.js';

const FORMAT = 'certificate';
const FILE_FORMAT = 'mzc';
export const MAX_STATEMENT_BYTES = 1024;
export const MAX_FILE_BYTES = 256 * 1024;
const MAX_DISCLOSURES = 64;
const MAX_RECEIPTS = 8;
const MAX_CHECKPOINTS = 8;
const MAX_CHECKPOINT_BYTES = 16384;
const MAX_SLOT_DEPTH = 6;
const EPOCH_DAYS_MAX = 2932896; // 9999-12-31

/**
 * @typedef {object} Claims Times are seconds since 1970-01-01 UTC.
 * @property {string} iss
 * @property {number} iat
 * @property {Uint8Array} cti
 * @property {number} kind
 * @property {number} kindVersion
 * @property {Uint8Array} root
 * @property {{idx: number, uri: string}} status
 * @property {number | null} nbf
 * @property {number | null} exp
 * @property {{planFilingNo: string, amountFen: number | bigint, receivedDay: number} | null} public
 */

/** A member that is not known is refused: signed data has no optional meaning. @param {Uint8Array} payload @returns {Claims} */
export function parseClaims(payload) {
  const required = [L.CWT_ISS, L.CWT_IAT, L.CWT_CTI, L.CWT_STATUS, L.CWT_MZ];
  const m = fields.mapping(FORMAT, cbor.decode(payload), required, [L.CWT_NBF, L.CWT_EXP]);
  const own = fields.mapping(FORMAT, m.get(L.CWT_MZ), [L.MZ_KIND, L.MZ_KIND_VERSION, L.MZ_ROOT], [L.MZ_PUBLIC]);
  const kind = fields.uint(FORMAT, own, L.MZ_KIND, 0xffff);
  const kindVersion = fields.uint(FORMAT, own, L.MZ_KIND_VERSION, 0xffff);
  return {
    iss: fields.uscc(FORMAT, m, L.CWT_ISS),
    iat: fields.time(FORMAT, m, L.CWT_IAT),
    cti: fields.octets(FORMAT, m, L.CWT_CTI, 16),
    kind,
    kindVersion,
    root: fields.octets(FORMAT, own, L.MZ_ROOT, 32),
    status: statusReference(m.get(L.CWT_STATUS)),
    nbf: m.has(L.CWT_NBF) ? fields.time(FORMAT, m, L.CWT_NBF) : null,
    exp: m.has(L.CWT_EXP) ? fields.time(FORMAT, m, L.CWT_EXP) : null,
    public: publicDonation(kind, kindVersion, own.get(L.MZ_PUBLIC)),
  };
}

/** @param {unknown} value */
function statusReference(value) {
  const outer = fields.mapping(FORMAT, value, ['status_list']);
  const inner = fields.mapping(FORMAT, outer.get('status_list'), ['idx', 'uri']);
  return { idx: fields.uint(FORMAT, inner, 'idx', 0xffffffff), uri: fields.text(FORMAT, inner, 'uri', 128) };
}

/** @param {number} kind @param {number} version @param {unknown} value */
function publicDonation(kind, version, value) {
  if (!(`${kind}/${version}` in L.SLOT_DEPTH)) return null; // a kind of later days is unknown, not malformed
  if (kind !== L.KIND_DONATION) {
    if (value !== undefined && value !== null) throw new Malformed(FORMAT, 'public-members', 'this kind has none');
    return null;
  }
  const m = fields.mapping(FORMAT, value, [1, 2, 3]);
  return {
    planFilingNo: fields.text(FORMAT, m, 1, 24),
    amountFen: fields.uint(FORMAT, m, 2),
    receivedDay: fields.uint(FORMAT, m, 3, EPOCH_DAYS_MAX),
  };
}

/** One opened field: slot, salt, name, value and the path to the commitment root, leaf side first. */
export class Disclosure {
  /** Parse the wire form. Throws Malformed. @param {unknown} item */
  constructor(item) {
    if (!Array.isArray(item) || item.length !== 5) throw new Malformed(FILE_FORMAT, 'disclosure');
    const [slot, salt, name, value, path] = item;
    if (!Array.isArray(path) || path.length > MAX_SLOT_DEPTH || !isInt(slot)) {
      throw new Malformed(FILE_FORMAT, 'disclosure-path');
    }
    if (!isBytes(salt) || salt.length !== 16) throw new Malformed(FILE_FORMAT, 'disclosure-salt');
    const named = typeof name === 'string' && name && [...name].length <= 64;
    if (!named || !(typeof value === 'string' || typeof value === 'boolean' || isInt(value))) {
      throw new Malformed(FILE_FORMAT, 'disclosure-value');
    }
    this.slot = slot;
    this.salt = salt;
    this.name = name;
    this.value = value;
    this.path = path;
  }

  /** The commitment root that this disclosure leads to. Throws Malformed. */
  root() {
    const leaf = SM3_TREE.leaf(cbor.encode([this.salt, this.name, this.value]));
    return fixedRootFromPath(SM3_TREE, leaf, this.slot, this.path);
  }
}

/** @typedef {{sign1: Sign1, claims: Claims}} Certificate parsed, *unverified* */

/** Parse a statement as the code carries it. Throws Malformed. @param {Uint8Array} data @returns {Certificate} */
export function parseCertificate(data) {
  const sign1 = Sign1.parse(data, L.TYP_CERTIFICATE, MAX_STATEMENT_BYTES);
  if (sign1.unprotected.size) throw new Malformed(FORMAT, 'unprotected-header', 'a statement has none');
  return { sign1, claims: claimsOf(sign1) };
}

/** @param {Sign1} sign1 @returns {Claims} */
function claimsOf(sign1) {
  fields.mapping(FORMAT, sign1.headers, [1, 4, 16]);
  if (sign1.payload === null) throw new Malformed(FORMAT, 'payload');
  return parseClaims(sign1.payload);
}

/**
 * @typedef {object} HolderFile all *unverified*
 * @property {Certificate} certificate
 * @property {Disclosure[]} disclosures
 * @property {Uint8Array | null} entrySalt
 * @property {Uint8Array[]} receipts
 * @property {Uint8Array[]} checkpoints as they are: what cannot be read as a note proves nothing, and refutes nothing
 */

/** Unknown unprotected members are refused. Throws Malformed. @param {Uint8Array} data @returns {HolderFile} */
export function parseHolderFile(data) {
  const sign1 = Sign1.parse(data, L.TYP_CERTIFICATE, MAX_FILE_BYTES);
  const optional = [L.HDR_RECEIPTS, L.HDR_DISCLOSURES, L.HDR_ENTRY_SALT, L.HDR_CHECKPOINTS];
  const header = fields.mapping(FILE_FORMAT, sign1.unprotected, [], optional);
  const certificate = { sign1, claims: claimsOf(sign1) };
  const evidence = readEvidence(header);
  return { certificate, disclosures: parseDisclosures(header), ...evidence };
}

/** Unprotected members that lead a signed statement into the log. @param {Map<any, any>} header */
export function readEvidence(header) {
  const salt = header.has(L.HDR_ENTRY_SALT) ? fields.octets(FILE_FORMAT, header, L.HDR_ENTRY_SALT, 32) : null;
  return { entrySalt: salt, receipts: parseReceipts(header, salt), checkpoints: parseCheckpoints(header) };
}

/** @param {Map<any, any>} header @returns {Disclosure[]} */
function parseDisclosures(header) {
  if (!header.has(L.HDR_DISCLOSURES)) return [];
  const items = fields.array(FILE_FORMAT, header, L.HDR_DISCLOSURES, MAX_DISCLOSURES);
  if (!items.length) throw new Malformed(FILE_FORMAT, 'disclosures'); // none is written by leaving the member out
  const disclosures = items.map((item) => new Disclosure(item));
  const distinct = (/** @type {any[]} */ values) => new Set(values).size === values.length;
  if (!distinct(disclosures.map((d) => d.name)) || !distinct(disclosures.map((d) => d.slot))) {
    throw new Malformed(FILE_FORMAT, 'disclosure-repeated');
  }
  return disclosures;
}

/** @param {Map<any, any>} header @param {Uint8Array | null} salt @returns {Uint8Array[]} */
function parseReceipts(header, salt) {
  if (!header.has(L.HDR_RECEIPTS)) return [];
  const items = fields.array(FILE_FORMAT, header, L.HDR_RECEIPTS, MAX_RECEIPTS);
  if (!items.length || !items.every(isBytes)) throw new Malformed(FILE_FORMAT, 'receipts');
  if (salt === null) throw new Malformed(FILE_FORMAT, 'entry-salt', 'receipts need it');
  return items;
}

/** @param {Map<any, any>} header @returns {Uint8Array[]} */
function parseCheckpoints(header) {
  if (!header.has(L.HDR_CHECKPOINTS)) return [];
  const items = fields.array(FILE_FORMAT, header, L.HDR_CHECKPOINTS, MAX_CHECKPOINTS);
  if (!items.length) throw new Malformed(FILE_FORMAT, 'checkpoints');
  if (!items.every((item) => isBytes(item) && item.length > 0 && item.length <= MAX_CHECKPOINT_BYTES)) {
    throw new Malformed(FILE_FORMAT, 'checkpoint');
  }
  if (new Set(items.map(hex)).size !== items.length) throw new Malformed(FILE_FORMAT, 'checkpoint-repeated');
  return items;
}
