/** What the device key signs besides requests: presentations and decisions on consent. COSE_Sign1, deterministic CBOR. */
import { coseKey } from '../keyed/cose-key.js';
import * as cbor from '../verifier/cbor.js';
import { sigStructure } from '../verifier/cose.js';
import * as L from '../verifier/labels.js';
import { sm3 } from '../verifier/sm3.js';

export const TYP_PRESENTATION = 'mz-presentation+cwt';
export const TYP_CONSENT = 'mz-consent+cwt';
export const DECISIONS = { grant: 1, refuse: 2, withdraw: 3 };
export const PRESENTATION_SECONDS = 300;

/**
 * @param {string} typ @param {Map<any, any>} claims
 * @param {{public: Uint8Array, sign(message: Uint8Array): Uint8Array}} signer @returns {Uint8Array}
 */
export function signed(typ, claims, signer) {
  const header = cbor.encode(new Map([[L.HDR_ALG, L.ALG_SM2], [L.HDR_KID, coseKey(signer.public).kid], [L.HDR_TYP, typ]]));
  const payload = cbor.encode(claims);
  return cbor.encode(new cbor.Tag(L.TAG_COSE_SIGN1, [header, new Map(), payload, signer.sign(sigStructure(header, payload))]));
}

/**
 * @param {{audience: string, nonce: Uint8Array, file: Uint8Array, binding: Uint8Array, at: number}} what
 * @param {{public: Uint8Array, sign(message: Uint8Array): Uint8Array}} signer @returns {Uint8Array}
 */
export function presentation({ audience, nonce, file, binding, at }, signer) {
  const own = new Map([[1, file], [2, binding]]);
  return signed(TYP_PRESENTATION, new Map(/** @type {[number, any][]} */ ([[3, audience], [6, at], [4, at + PRESENTATION_SECONDS], [10, nonce], [L.CWT_MZ, own]])), signer);
}

/**
 * A decision about exactly these notice bytes: what was on the screen is what was signed.
 * @param {{party: string, trx: Uint8Array, notice: Uint8Array, decision: 'grant' | 'refuse' | 'withdraw', at: number}} what
 * @param {{public: Uint8Array, sign(message: Uint8Array): Uint8Array}} signer @returns {Uint8Array}
 */
export function decisionStatement({ party, trx, notice, decision, at }, signer) {
  const own = new Map([[1, sm3(notice)], [2, DECISIONS[decision]]]);
  return signed(TYP_CONSENT, new Map(/** @type {[number, any][]} */ ([[3, party], [6, at], [7, trx], [L.CWT_MZ, own]])), signer);
}
