/** Token Status List in CWT form, one bit a certificate. Counterpart of verifier/status_list.py. */
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import { InflateError, inflate } from './inflate.js';
import * as L from './labels.js';

const FORMAT = 'status-list';
const MIN_ENTRIES = 131072; // herd privacy: shorter lists of ours are refused
const MAX_ENTRIES = 1 << 24;
export const MAX_LIST_BYTES = 4 << 20;

/** A parsed, *unverified* status list. Times are seconds since 1970-01-01 UTC. */
export class StatusList {
  /** Throws Malformed. @param {Uint8Array} data */
  constructor(data) {
    this.sign1 = Sign1.parse(data, L.TYP_STATUS_LIST, MAX_LIST_BYTES);
    fields.mapping(FORMAT, this.sign1.headers, [1, 4, 16]);
    if (this.sign1.unprotected.size || this.sign1.payload === null) throw new Malformed(FORMAT, 'structure');
    const required = [L.CWT_ISS, L.CWT_SUB, L.CWT_EXP, L.CWT_IAT, L.CWT_TTL, L.CWT_STATUS_LIST];
    const m = fields.mapping(FORMAT, cbor.decode(this.sign1.payload, { maxBytes: MAX_LIST_BYTES }), required);
    this.bitmap = bitmapOf(m.get(L.CWT_STATUS_LIST));
    if (this.bitmap.length * 8 < MIN_ENTRIES) throw new Malformed(FORMAT, 'too-short');
    this.iat = fields.time(FORMAT, m, L.CWT_IAT);
    this.exp = fields.time(FORMAT, m, L.CWT_EXP);
    if (this.exp <= this.iat) throw new Malformed(FORMAT, 'validity');
    this.iss = fields.uscc(FORMAT, m, L.CWT_ISS);
    this.uri = fields.text(FORMAT, m, L.CWT_SUB, 128);
    this.ttl = fields.uint(FORMAT, m, L.CWT_TTL, 366 * 86400);
  }

  /** Throws Malformed if the list does not reach that far. @param {number} idx @returns {boolean} */
  isValid(idx) {
    if (idx >= this.bitmap.length * 8) throw new Malformed(FORMAT, 'index-out-of-range');
    return ((this.bitmap[Math.floor(idx / 8)] >> (idx % 8)) & 1) === 0;
  }
}

/** @param {unknown} value @returns {Uint8Array} */
function bitmapOf(value) {
  const m = fields.mapping(FORMAT, value, ['bits', 'lst'], ['aggregation_uri']);
  if (fields.uint(FORMAT, m, 'bits', 8) !== 1) throw new Malformed(FORMAT, 'bits');
  if (m.has('aggregation_uri')) fields.text(FORMAT, m, 'aggregation_uri', 1024);
  try {
    return inflate(fields.octets(FORMAT, m, 'lst'), MAX_ENTRIES / 8);
  } catch (error) {
    if (error instanceof InflateError) throw new Malformed(FORMAT, 'zlib');
    throw error;
  }
}
