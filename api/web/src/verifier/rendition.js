/** Rendition statements: the issuer's word on the bytes of a file. Counterpart of verifier/rendition.py. */
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { readEvidence } from './credential.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';

const FORMAT = 'rendition';
const MAX_BYTES = 64 * 1024;
export const PDF = 1;
export const OFD = 2;
/** @type {Record<number, string>} */
export const MEDIA = { [PDF]: 'application/pdf', [OFD]: 'application/ofd' };

/** Times in seconds UTC; `expires` only for annotated copies. @typedef {{iss: string, iat: number, cti: Uint8Array, media: number, digest: Uint8Array, length: number | bigint, expires: number | null}} RenditionClaims */
/** @typedef {{sign1: Sign1, claims: RenditionClaims, entrySalt: Uint8Array | null, receipts: Uint8Array[]}} Rendition parsed, *unverified* */

/** @param {Uint8Array} payload @returns {RenditionClaims} */
function parseClaims(payload) {
  const m = fields.mapping(FORMAT, cbor.decode(payload), [L.CWT_ISS, L.CWT_IAT, L.CWT_CTI, L.CWT_MZ], [L.CWT_EXP]);
  const own = fields.mapping(FORMAT, m.get(L.CWT_MZ), [1, 2, 3, 4]);
  const expires = m.has(L.CWT_EXP) ? fields.time(FORMAT, m, L.CWT_EXP) : null;
  const media = fields.uint(FORMAT, own, 1);
  if (!(media in MEDIA)) throw new Malformed(FORMAT, 'media');
  if (own.get(4) !== (expires !== null)) throw new Malformed(FORMAT, 'copy'); // a copy without an end, or an end without a copy
  return {
    iss: fields.uscc(FORMAT, m, L.CWT_ISS),
    iat: fields.time(FORMAT, m, L.CWT_IAT),
    cti: fields.octets(FORMAT, m, L.CWT_CTI, 16),
    media,
    digest: fields.octets(FORMAT, own, 2, 32),
    length: fields.uint(FORMAT, own, 3),
    expires,
  };
}

/** As a file carries it. Unknown members are refused. Throws Malformed. @param {Uint8Array} data @returns {Rendition} */
export function parseRendition(data) {
  const sign1 = Sign1.parse(data, L.TYP_RENDITION, MAX_BYTES);
  fields.mapping(FORMAT, sign1.headers, [1, 4, 16]);
  const header = fields.mapping(FORMAT, sign1.unprotected, [], [L.HDR_RECEIPTS, L.HDR_ENTRY_SALT, L.HDR_CHECKPOINTS]);
  if (sign1.payload === null) throw new Malformed(FORMAT, 'payload');
  const { entrySalt, receipts } = readEvidence(header);
  return { sign1, claims: parseClaims(sign1.payload), entrySalt, receipts };
}
