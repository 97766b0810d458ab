/**
 * Every golden vector of the Python verifier through the JavaScript one: same outcome, same reason. A page that answers
 * differently from the tool in a bank would be worse than none.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { AnchorObservation, TrustBundle, Verifier, toJson } from '../src/verifier/index.js';

const DIRECTORY = new URL('../../../tests/golden/assess/', import.meta.url);
const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const vectors = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));

test('there are vectors, of every outcome', () => {
  assert.ok(vectors.length > 100);
});

test('who cosigned and where it is anchored are told as far as they are proven', () => {
  /** @param {string} name */
  const seen = (name) => {
    const v = JSON.parse(readFileSync(new URL(`${name}.json`, DIRECTORY), 'utf8'));
    const more = { checkpoints: (v.checkpoint_b64 ?? []).map(bytes), proofs: (v.proof_b64 ?? []).map(bytes) };
    const anchors = v.anchor_b64.map((/** @type {string} */ a) => new AnchorObservation(bytes(a)));
    const verifier = new Verifier(new TrustBundle(bytes(v.trust_b64)), v.status_b64.map(bytes), anchors, more);
    return verifier.assess(bytes(v.input_b64), { at: v.at, level: v.level }).seen;
  };
  assert.deepEqual(seen('witness-one-of-two').witnesses?.cosigned.length, 1);
  assert.ok((seen('witness-level-4').witnesses?.cosigned.length ?? 0) >= 2);
  assert.deepEqual(seen('witness-bad-line-beside-quorum').witnesses?.cosigned, []);
  assert.equal(seen('witness-no-policy').witnesses, null);
  assert.equal(seen('log-forked').witnesses, null);
  assert.equal(seen('anchor-proof-level-5').anchor?.block?.number, 81n);
  assert.equal(seen('anchor-level-5').anchor?.block, null); // what a node said proves no block
  for (const name of ['anchor-proof-mismatch', 'anchor-proof-seal-flipped', 'anchor-missing']) assert.equal(seen(name).anchor, null, name);
});

for (const name of vectors) {
  const vector = JSON.parse(readFileSync(new URL(name, DIRECTORY), 'utf8'));
  test(`${vector.name}: ${vector.expected.outcome} ${vector.expected.reason}`, () => {
    const trust = new TrustBundle(bytes(vector.trust_b64));
    const anchors = vector.anchor_b64.map((/** @type {string} */ a) => new AnchorObservation(bytes(a)));
    const verifier = new Verifier(trust, vector.status_b64.map(bytes), anchors, {
      checkpoints: (vector.checkpoint_b64 ?? []).map(bytes),
      proofs: (vector.proof_b64 ?? []).map(bytes),
    });
    const input = vector.input_text ?? bytes(vector.input_b64);
    const report = verifier.assess(input, { at: vector.at, level: vector.level });
    assert.deepEqual({ outcome: report.outcome, reason: report.reason }, vector.expected);
    JSON.stringify(toJson(report), (_, v) => (typeof v === 'bigint' ? String(v) : v));
  });
}
