/** In a folder where the packed npm package is installed: golden vectors from stdin (NDJSON) through it, answers to stdout. */
import * as verifier from 'minzheng-verify';
import { createInterface } from 'node:readline';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
console.log(JSON.stringify(Object.keys(verifier).sort()));
for await (const line of createInterface({ input: process.stdin })) {
  const v = JSON.parse(line);
  const report = verifier.verify(v.input_text ?? bytes(v.input_b64), {
    trust: bytes(v.trust_b64),
    statuses: v.status_b64.map(bytes),
    checkpoints: (v.checkpoint_b64 ?? []).map(bytes),
    proofs: (v.proof_b64 ?? []).map(bytes),
    at: v.at,
    level: v.level,
  });
  console.log(JSON.stringify(report));
}
