/** Presentations and device bindings. Counterpart of verifier/presentation.py. */
import * as cbor from './cbor.js';
import { CoseKey, Sign1 } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';

const FORMAT = 'presentation';
const BINDING_FORMAT = 'device-binding';
export const MAX_BYTES = 256 * 1024 + 4096;
export const MAX_BINDING_BYTES = 1024;
export const MAX_LIFE = 300; // seconds of a presentation
export const MAX_BINDING_LIFE = 30 * 86400; // seconds
const AUDIENCE = /^(?:[0-9ABCDEFGHJKLMNPQRTUWXY]{18}|https:\/\/[a-z0-9.-]{1,253}(?::[0-9]{1,5})?)$/;

/** Parsed, *unverified*; times in seconds UTC. @typedef {{sign1: Sign1, issuer: string, cti: Uint8Array, key: CoseKey, issuedAt: number, expires: number}} Binding */
/** Parsed, *unverified*. @typedef {{sign1: Sign1, audience: string, nonce: Uint8Array, issuedAt: number, expires: number, file: Uint8Array, binding: Uint8Array}} Presentation */

/** @param {string} format @param {Sign1} sign1 @returns {Uint8Array} */
function bare(format, sign1) {
  fields.mapping(format, sign1.headers, [1, 4, 16]);
  if (sign1.unprotected.size || sign1.payload === null) throw new Malformed(format, 'structure');
  return sign1.payload;
}

/** @param {string} format @param {Map<any, any>} m @param {number} maximum */
function life(format, m, maximum) {
  const [issuedAt, expires] = [fields.time(format, m, L.CWT_IAT), fields.time(format, m, L.CWT_EXP)];
  if (expires <= issuedAt || expires > issuedAt + maximum) throw new Malformed(format, 'lifetime');
  return { issuedAt, expires };
}

/** Throws Malformed or Unsupported. @param {Uint8Array} data @returns {Binding} */
export function parseBinding(data) {
  const sign1 = Sign1.parse(data, L.TYP_DEVICE, MAX_BINDING_BYTES);
  const m = fields.mapping(BINDING_FORMAT, cbor.decode(bare(BINDING_FORMAT, sign1)), [L.CWT_ISS, L.CWT_EXP, L.CWT_IAT, L.CWT_CTI, L.CWT_CNF]);
  const key = CoseKey.fromMap(fields.mapping(BINDING_FORMAT, m.get(L.CWT_CNF), [1]).get(1));
  if (key.alg !== L.ALG_SM2 && key.alg !== L.ALG_ES256) throw new Malformed(BINDING_FORMAT, 'key');
  const times = life(BINDING_FORMAT, m, MAX_BINDING_LIFE);
  return { sign1, key, issuer: fields.uscc(BINDING_FORMAT, m, L.CWT_ISS), cti: fields.octets(BINDING_FORMAT, m, L.CWT_CTI, 16), ...times };
}

/** File and binding are left as they are. Throws Malformed. @param {Uint8Array} data @returns {Presentation} */
export function parsePresentation(data) {
  const sign1 = Sign1.parse(data, L.TYP_PRESENTATION, MAX_BYTES);
  const decoded = cbor.decode(bare(FORMAT, sign1), { maxBytes: MAX_BYTES });
  const m = fields.mapping(FORMAT, decoded, [L.CWT_AUD, L.CWT_EXP, L.CWT_IAT, L.CWT_NONCE, L.CWT_MZ]);
  const own = fields.mapping(FORMAT, m.get(L.CWT_MZ), [1, 2]);
  const audience = fields.text(FORMAT, m, L.CWT_AUD, 300);
  if (!AUDIENCE.test(audience)) throw new Malformed(FORMAT, 'audience');
  const times = life(FORMAT, m, MAX_LIFE);
  const [file, binding] = [fields.octets(FORMAT, own, 1), fields.octets(FORMAT, own, 2)];
  return { sign1, audience, nonce: fields.octets(FORMAT, m, L.CWT_NONCE, 16), file, binding, ...times };
}
