/** Reads [[anchor proof, chain of the trust bundle], …] as JSON from standard input, prints "good" or the reason of each: for the differential test. */
import { readFileSync } from 'node:fs';
import * as cbor from '../../api/web/src/verifier/cbor.js';
import { VerifierError } from '../../api/web/src/verifier/errors.js';
import { AnchorProof } from '../../api/web/src/verifier/finality/proof.js';
import { chainTrust } from '../../api/web/src/verifier/trust-bundle.js';

const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const verdict = (/** @type {[string, string]} */ [proof, chain]) => {
  try {
    new AnchorProof(bytes(proof)).check(chainTrust(cbor.decode(bytes(chain))));
    return 'good';
  } catch (error) {
    if (error instanceof VerifierError) return /** @type {any} */ (error).reason ?? 'unsupported';
    throw error;
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(verdict)));
