/**
 * Signed requests: RFC 9421, profile mz1 (docs/formats/http-signature.md). Counterpart of verifier/httpsig.py; the shared
 * vectors of tests/golden/formats hold the two together. Only the signing half is needed here.
 */
import { b64Encode } from '../verifier/base.js';
import { utf8 } from '../verifier/bytes.js';
import { sm3 } from '../verifier/sm3.js';

export const LABEL = 'mz1';
export const LIFETIME = 300; // seconds from created to expires, the most that the profile allows
export const NONCE_BYTES = 16;
const COMPONENTS = ['@method', '@authority', '@path', '@query'];

/** base64url without padding. @param {Uint8Array} bytes */
export function b64url(bytes) {
  return b64Encode(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Value of Content-Digest (RFC 9530) with the project's own algorithm key. @param {Uint8Array} body */
export function contentDigest(body) {
  return `sm3=:${b64Encode(sm3(body))}:`;
}

/**
 * @typedef {object} Question what is signed
 * @property {string} method "POST"
 * @property {string} authority "minzheng.example", with the port unless it is the scheme's own
 * @property {string} path "/v1/holder/codes"
 * @property {string} query "?" where there is none (RFC 9421 section 2.2.7)
 * @property {string | null} digest value of Content-Digest; null without a body
 */

/**
 * Signature-Input without its label: the covered components and the parameters, in the profile's order.
 * @param {boolean} body @param {{created: number, nonce: Uint8Array, keyid: string}} parameters
 */
export function signatureParameters(body, { created, nonce, keyid }) {
  const covered = [...COMPONENTS, ...(body ? ['content-digest'] : [])].map((name) => `"${name}"`).join(' ');
  return `(${covered});created=${created};expires=${created + LIFETIME};nonce="${b64url(nonce)}";keyid="${keyid}";alg="sm2-sm3";tag="${LABEL}"`;
}

/** The signature base (RFC 9421 section 2.5): one line a component, joined by line feeds, none at the end. @param {Question} q @param {string} parameters */
export function signatureBase(q, parameters) {
  const values = [q.method, q.authority.toLowerCase(), q.path, q.query];
  const lines = COMPONENTS.map((name, i) => `"${name}": ${values[i]}`);
  if (q.digest !== null) lines.push(`"content-digest": ${q.digest}`);
  return utf8([...lines, `"@signature-params": ${parameters}`].join('\n'));
}

/**
 * Headers that make this request a signed one: a POST with a body, a GET with `body` null.
 * @param {{authority: string, path: string, query?: string, body: Uint8Array | null}} request
 * @param {{sign(message: Uint8Array): Uint8Array}} signer
 * @param {{created: number, nonce: Uint8Array, keyid: string}} parameters
 * @returns {Record<string, string>}
 */
export function signedHeaders({ authority, path, query = '?', body }, signer, parameters) {
  const digest = body === null ? null : contentDigest(body);
  const input = signatureParameters(body !== null, parameters);
  const signature = signer.sign(signatureBase({ method: body === null ? 'GET' : 'POST', authority, path, query, digest }, input));
  return {
    ...(digest === null ? {} : { 'Content-Digest': digest }),
    'Signature-Input': `${LABEL}=${input}`,
    Signature: `${LABEL}=:${b64Encode(signature)}:`,
  };
}
