/** Reads [{trust, statuses, anchors, checkpoints, proofs, at, level, input}] as JSON from standard input, prints what the browser's verifier says to each. */
import { readFileSync } from 'node:fs';
import { AnchorObservation } from '../../api/web/src/verifier/anchor.js';
import { VerifierError } from '../../api/web/src/verifier/errors.js';
import { TrustBundle, Verifier, toJson } from '../../api/web/src/verifier/index.js';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const plain = (/** @type {string} */ _, /** @type {unknown} */ value) => (typeof value === 'bigint' ? `int ${value}` : typeof value === 'number' ? `int ${value}` : value);

/** @param {any} world */
function answer({ trust, statuses, anchors, checkpoints, proofs, at, level, input }) {
  try {
    const observations = anchors.map((/** @type {string} */ a) => new AnchorObservation(bytes(a)));
    const more = { checkpoints: checkpoints.map(bytes), proofs: proofs.map(bytes) };
    const verifier = new Verifier(new TrustBundle(bytes(trust)), statuses.map(bytes), observations, more);
    const report = toJson(verifier.assess(input.text ?? bytes(input.file), { at, level }));
    return { ...report, findings: report.findings.map((/** @type {any} */ f) => [f.step, f.code]) };
  } catch (error) {
    if (error instanceof VerifierError) return 'refused';
    throw error;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer), plain));
