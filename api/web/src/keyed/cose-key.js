/** Public keys as the service counts them. */
import { hex } from '../verifier/bytes.js';
import { CoseKey } from '../verifier/cose.js';
import * as L from '../verifier/labels.js';

/** COSE_Key of a public key 04 || x || y. @param {Uint8Array} public65 @returns {CoseKey} */
export function coseKey(public65) {
  return CoseKey.fromMap(new Map([[1, L.KTY_EC2], [-1, L.CRV_SM2], [-2, public65.slice(1, 33)], [-3, public65.slice(33)]]));
}

/** What signs requests, and the id that the service knows its key by: 16 hexadecimal digits. @param {import('./sm2-signer.js').Sm2Signer} signer */
export const deviceOf = (signer) => ({ signer, keyid: hex(coseKey(signer.public).kid) });
