/** Reads {trust, statuses, at, inputs} as JSON from standard input, prints [[outcome, reason], …]: for the differential test. */
import { readFileSync } from 'node:fs';
import { TrustBundle, Verifier } from '../../api/web/src/verifier/index.js';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const { trust, statuses, at, inputs } = JSON.parse(readFileSync(0, 'utf8'));
const verifier = new Verifier(new TrustBundle(bytes(trust)), statuses.map(bytes));
const answers = inputs.map((/** @type {{text?: string, file?: string}} */ input) => {
  const report = verifier.assess(input.text ?? bytes(input.file ?? ''), { at });
  return [report.outcome, report.reason];
});
console.log(JSON.stringify(answers));
