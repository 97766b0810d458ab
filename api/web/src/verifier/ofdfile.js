/**
 * What an OFD package says of itself: metadata and the one signature (GB/T 33190 clauses 7, 18, 20). Counterpart of
 * verifier/ofdfile.py. Places lead from the root of the package (`/Doc_0/…`) or from the folder of the file they stand
 * in, never upwards. Pages are not read: what a page shows is bound by its digest and by nothing else.
 */
import { b64Decode } from './base.js';
import { Malformed, Unsupported } from './errors.js';
import { FORMAT, parseXml } from './ofdxml.js';
import { MAX_MEMBERS } from './package.js';

const ENTRY = 'OFD.xml';
const MAX_CUSTOM = 64;
const MAX_STAMPS = 64;
const SM3_NAMES = ['1.2.156.10197.1.401', 'SM3'];
const NUMBER = '(?:0|[1-9][0-9]{0,3})(?:\\.[0-9]{1,4})?';
const BOX = new RegExp(`^${NUMBER} ${NUMBER} ${NUMBER} ${NUMBER}$`);
const PAGE = /^[1-9][0-9]{0,8}$/;

/** @typedef {import('./ofdxml.js').Element} Element */
/** @typedef {Map<string, Uint8Array>} Files members of the package by name, in file order */
/** CustomDatas by name; names of members, the latter null if unsigned. @typedef {{custom: Map<string, string>, document: string, signatures: string | null}} Entry */
/** Where a seal's picture stands: x, y, width, height in millimetres. @typedef {{page: number, box: number[]}} Stamp */
/**
 * @typedef {object} SignatureFile Signature.xml
 * @property {string} path its own member
 * @property {string} method object identifier of the signature algorithm
 * @property {string} madeAt SignatureDateTime as it stands
 * @property {Map<string, Uint8Array>} references SM3 digests by member, in order
 * @property {Stamp[]} stamps
 * @property {string} seal member
 * @property {string} value member
 */

/** More than one signature: which of them seals what would be the reader's guess. */
export class SeveralSignatures extends Malformed {}

/** Read OFD.xml. Throws Malformed. @param {Files} files @returns {Entry} */
export function readEntry(files) {
  const root = parseXml(member(files, ENTRY), 'OFD');
  if (root.attribute('DocType') !== 'OFD') throw new Malformed(FORMAT, 'document-type');
  const body = root.one('DocBody');
  /** @type {Map<string, string>} */
  const custom = new Map();
  for (const data of body.one('DocInfo').maybe('CustomDatas')?.all('CustomData') ?? []) {
    const name = data.attribute('Name');
    if (custom.has(name) || custom.size === MAX_CUSTOM) throw new Malformed(FORMAT, 'custom-data');
    custom.set(name, data.text);
  }
  const signatures = body.maybe('Signatures');
  return { custom, document: resolve(ENTRY, body.one('DocRoot').text), signatures: signatures && resolve(ENTRY, signatures.text) };
}

/** The one signature; null if there is none. Throws Malformed, Unsupported; SeveralSignatures for more than one. @param {Files} files @param {Entry} entry @returns {SignatureFile | null} */
export function readSignature(files, entry) {
  if (entry.signatures === null) return null;
  const listed = parseXml(member(files, entry.signatures), 'Signatures');
  listed.only(['MaxSignId', 'Signature']);
  const [signature, ...more] = listed.all('Signature');
  if (!signature) return null;
  if (more.length) throw new SeveralSignatures(FORMAT, 'several-signatures');
  signature.only([], ['ID', 'Type', 'BaseLoc']);
  if ((signature.attributes.get('Type') ?? 'Seal') !== 'Seal') throw new Unsupported('OFD: a signature without a seal');
  const path = resolve(entry.signatures, signature.attribute('BaseLoc'));
  return signatureFile(path, parseXml(member(files, path), 'Signature'));
}

/** Contents of a member. Throws Malformed if there is none of that name. @param {Files} files @param {string} path @returns {Uint8Array} */
export function member(files, path) {
  const found = files.get(path);
  if (!found) throw new Malformed(FORMAT, 'missing-member');
  return found;
}

/** Name of the member that a place in the file `base` means. @param {string} base @param {string} place @returns {string} */
function resolve(base, place) {
  const path = place.startsWith('/') ? place.slice(1) : base.slice(0, base.lastIndexOf('/') + 1) + place;
  if (path.split('/').some((part) => ['', '.', '..'].includes(part))) throw new Malformed(FORMAT, 'place');
  return path;
}

/** @param {string} path @param {Element} root @returns {SignatureFile} */
function signatureFile(path, root) {
  root.only(['SignedInfo', 'SignedValue']);
  const info = root.one('SignedInfo');
  info.only(['Provider', 'SignatureMethod', 'SignatureDateTime', 'References', 'StampAnnot', 'Seal']);
  const stamps = info.all('StampAnnot');
  if (stamps.length > MAX_STAMPS) throw new Malformed(FORMAT, 'stamps');
  return {
    path,
    method: info.one('SignatureMethod').text,
    madeAt: info.one('SignatureDateTime').text,
    references: references(path, info.one('References')),
    stamps: stamps.map(stamp),
    seal: resolve(path, info.one('Seal').one('BaseLoc').text),
    value: resolve(path, root.one('SignedValue').text),
  };
}

/** @param {string} path @param {Element} listed @returns {Map<string, Uint8Array>} */
function references(path, listed) {
  listed.only(['Reference'], ['CheckMethod']);
  if (!SM3_NAMES.includes(listed.attribute('CheckMethod'))) throw new Unsupported('OFD: check method not SM3');
  if (listed.children.length > MAX_MEMBERS) throw new Malformed(FORMAT, 'references');
  /** @type {Map<string, Uint8Array>} */
  const found = new Map();
  for (const reference of listed.children) {
    reference.only(['CheckValue'], ['FileRef']);
    const name = resolve(path, reference.attribute('FileRef'));
    const digest = b64Decode(reference.one('CheckValue').text, FORMAT);
    if (found.has(name) || digest.length !== 32) throw new Malformed(FORMAT, 'reference');
    found.set(name, digest);
  }
  return found;
}

/** @param {Element} element @returns {Stamp} */
function stamp(element) {
  element.only([], ['ID', 'PageRef', 'Boundary']);
  const page = element.attribute('PageRef');
  const box = element.attribute('Boundary');
  if (!PAGE.test(page) || !BOX.test(box)) throw new Malformed(FORMAT, 'stamp');
  return { page: Number(page), box: box.split(' ').map(Number) };
}
