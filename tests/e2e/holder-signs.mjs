/** Reads {secrets, messages, requests, presentation, decision} as JSON, prints what the holder's page signs: for the test against Python. */
import { readFileSync } from 'node:fs';
import { signedHeaders, signatureBase, signatureParameters, contentDigest } from '../../api/web/src/keyed/httpsig.js';
import { activationCharacters, activationMessage } from '../../api/web/src/holder/service.js';
import { Sm2Signer } from '../../api/web/src/keyed/sm2-signer.js';
import { decisionStatement, presentation } from '../../api/web/src/holder/statements.js';
import { coseKey } from '../../api/web/src/keyed/cose-key.js';
import { utf8 } from '../../api/web/src/verifier/bytes.js';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (/** @type {Uint8Array} */ data) => Buffer.from(data).toString('hex');
const given = JSON.parse(readFileSync(0, 'utf8'));

const keys = given.secrets.map((/** @type {string} */ secret) => {
  const signer = new Sm2Signer(bytes(secret));
  const signatures = given.messages.map((/** @type {string} */ message) => hex(signer.sign(bytes(message))));
  return { public: hex(signer.public), kid: hex(coseKey(signer.public).kid), signatures };
});
const signer = new Sm2Signer(bytes(given.secrets[0]));
const requests = given.requests.map((/** @type {any} */ r) => {
  const body = utf8(r.body);
  const parameters = { created: r.created, nonce: bytes(r.nonce), keyid: keys[0].kid };
  const base = signatureBase({ method: 'POST', authority: r.authority, path: r.path, query: '?', digest: contentDigest(body) }, signatureParameters(true, parameters));
  return { base: hex(base), headers: signedHeaders({ authority: r.authority, path: r.path, body }, signer, parameters) };
});
const p = given.presentation;
const d = given.decision;
const a = activationCharacters(given.code);
console.log(JSON.stringify({
  keys,
  requests,
  presentation: hex(presentation({ ...p, nonce: bytes(p.nonce), file: bytes(p.file), binding: bytes(p.binding) }, signer)),
  decision: hex(decisionStatement({ ...d, trx: bytes(d.trx), notice: utf8(d.notice) }, signer)),
  activation: [a, hex(activationMessage(/** @type {string} */ (a), signer.public))],
}));
