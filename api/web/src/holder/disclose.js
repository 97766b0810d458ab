/** A holder's file with only the chosen fields. Done here: the service does not learn what is shown to whom. */
import * as cbor from '../verifier/cbor.js';
import { parseHolderFile } from '../verifier/credential.js';
import * as L from '../verifier/labels.js';

/**
 * The file without the disclosures that were not chosen. Signature, receipts and checkpoints stay: they cover the
 * commitment and not the fields. Throws Malformed on what is no holder's file.
 * @param {Uint8Array} file @param {ReadonlySet<string>} names @returns {Uint8Array}
 */
export function withOnly(file, names) {
  const { certificate } = parseHolderFile(file);
  const { protected: header, unprotected, payload, signature } = certificate.sign1;
  const kept = new Map(unprotected);
  const chosen = (kept.get(L.HDR_DISCLOSURES) ?? []).filter((/** @type {any[]} */ item) => names.has(item[2]));
  if (chosen.length) kept.set(L.HDR_DISCLOSURES, chosen);
  else kept.delete(L.HDR_DISCLOSURES); // none is written by leaving the member out
  return cbor.encode(new cbor.Tag(L.TAG_COSE_SIGN1, [header, kept, payload, signature]));
}

const AUDIENCE = /^(?:[0-9ABCDEFGHJKLMNPQRTUWXY]{18}|https:\/\/[a-z0-9.-]{1,253}(?::[0-9]{1,5})?)$/;
const NONCE = /^([A-Za-z0-9_+/-]{21}[AQgw])(?:==)?$/; // 16 bytes: the last character has two bits of content

/**
 * What a party asks a presentation for: "91990000MA9T000695 AAECAwQFBgcICQoLDA0ODw==", its code or origin and the nonce that
 * the service gave it, in either base64, with white space between. Null if it is not that.
 * @param {string} text @returns {{audience: string, nonce: string} | null} nonce in base64url
 */
export function readChallenge(text) {
  const [audience = '', nonce = '', ...rest] = text.trim().split(/\s+/);
  const found = NONCE.exec(nonce);
  if (!found || !AUDIENCE.test(audience) || rest.length) return null;
  return { audience, nonce: found[1].replaceAll('+', '-').replaceAll('/', '_') };
}
