/** What `minzheng-verify` exports: the page's verifier, and the short way `verify`. Bundled by pack.mjs. */
import { Verifier } from '../src/verifier/assess.js';
import { toJson } from '../src/verifier/report.js';
import { TrustBundle } from '../src/verifier/trust-bundle.js';

export * from '../src/verifier/index.js';

/** Numbers beyond 2^53 as text: JSON has no other way to keep them. @param {any} value @returns {any} */
function plain(value) {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

/**
 * Check one code (string) or file (bytes), and get the report as report.schema.json describes it. Nothing is fetched.
 * @param {string | Uint8Array} source
 * @param {{trust: Uint8Array | TrustBundle | Verifier, root?: string, statuses?: Iterable<Uint8Array>, checkpoints?: Iterable<Uint8Array>,
 *   proofs?: Iterable<Uint8Array>, crls?: Iterable<Uint8Array>, at?: number, level?: string | null}} options
 */
export function verify(source, { trust, root, statuses = [], checkpoints = [], proofs = [], crls = [], at, level = null }) {
  const verifier = trust instanceof Verifier ? trust : new Verifier(bundle(trust, root), statuses, [], { checkpoints, proofs, crls });
  if (root !== undefined && root.toLowerCase() !== verifier.trust.rootFingerprint) throw new RangeError('root: not the pinned one');
  return plain(toJson(verifier.assess(source, { at: at ?? Math.floor(Date.now() / 1000), level })));
}

/** @param {Uint8Array | TrustBundle} trust @param {string} [root] */
function bundle(trust, root) {
  return trust instanceof TrustBundle ? trust : new TrustBundle(trust, root);
}
