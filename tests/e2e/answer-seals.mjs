/** Reads {trust, at, questions: [{files: [[name, bytes], …], crls}]} as JSON from standard input, prints what the browser's verifier says of each seal. */
import { readFileSync } from 'node:fs';
import { checkSeal } from '../../api/web/src/verifier/ofd.js';
import { SealRefused } from '../../api/web/src/verifier/sealfault.js';
import { TrustBundle } from '../../api/web/src/verifier/trust-bundle.js';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const none = new Uint8Array();
const { trust, at, questions } = JSON.parse(readFileSync(0, 'utf8'));
const bundle = new TrustBundle(bytes(trust));

/** @param {{files: [string, string][], crls: string[]}} question */
function answer({ files, crls }) {
  try {
    const members = new Map(files.map(([name, data]) => [name, bytes(data)]));
    const s = checkSeal({ files: members, comment: none, body: none }, bundle, at, { crls: crls.map(bytes) });
    return { esid: s.esid, seal_name: s.sealName, vid: s.vid, maker: s.maker, signer: s.signer, issuer: s.issuer,
      signed_at: s.signedAt, valid_from: s.validFrom, valid_until: s.validUntil, warnings: s.warnings };
  } catch (error) {
    if (error instanceof SealRefused) return [error.fault, error.failed, error.detail];
    throw error;
  }
}

console.log(JSON.stringify(questions.map(answer)));
