/** Signed answers and presentations: the golden vectors of Python, through the JavaScript counterparts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Answer } from '../src/verifier/answer.js';
import { Verifier } from '../src/verifier/assess.js';
import { VerifierError } from '../src/verifier/errors.js';
import { parseBinding, parsePresentation } from '../src/verifier/presentation.js';
import { assessPresentation } from '../src/verifier/presented.js';
import { outcomeOf, toJson } from '../src/verifier/report.js';
import { TrustBundle } from '../src/verifier/trust-bundle.js';
import { bytes } from './vectors.mjs';

const golden = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../../tests/golden/formats/${name}.json`, import.meta.url), 'utf8'));
const b64 = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const ANSWERS = golden('answer');
const SHOWN = golden('presentation');

test('answers: the same judgement as in Python', () => {
  const trust = new TrustBundle(b64(ANSWERS.trust_b64));
  assert.ok(ANSWERS.accepted.length >= 12 && ANSWERS.refused.length >= 28);
  for (const vector of ANSWERS.accepted) {
    assert.equal(new Answer(b64(vector.answer_b64)).check(trust, ANSWERS.at), vector.reason, vector.name);
  }
  for (const vector of ANSWERS.refused) {
    assert.throws(() => new Answer(b64(vector.answer_b64)), VerifierError, vector.name);
  }
});

test('answers: the question opens the commitment, and another one does not', () => {
  const answer = new Answer(b64(ANSWERS.accepted[0].answer_b64));
  const [salt, question] = [bytes(ANSWERS.salt_hex), b64(ANSWERS.question_b64)];
  assert.ok(answer.opens(salt, question));
  assert.ok(!answer.opens(salt, question.subarray(1)));
  assert.ok(!answer.opens(salt.subarray(1), question));
  const json = answer.toJson();
  assert.deepEqual([json.result, json.as_of, json.basis, json.level], ['TRUE', '2025-12-31', 'CONSENT', null]);
});

test('presentations: the same reason as in Python, and nothing disclosed by whoever cannot show that he may', () => {
  const verifier = new Verifier(new TrustBundle(b64(SHOWN.trust_b64)), SHOWN.status_b64.map(b64));
  const expected = { audience: SHOWN.audience, nonce: bytes(SHOWN.nonce_hex) };
  assert.ok(SHOWN.accepted.length >= 20);
  for (const vector of SHOWN.accepted) {
    const report = assessPresentation(b64(vector.presentation_b64), expected, verifier, { at: SHOWN.at });
    assert.equal(report.reason, vector.reason, vector.name);
    assert.equal(report.outcome, outcomeOf(vector.reason), vector.name);
    const faulty = report.findings.some((f) => f.step === 12 && f.reason !== 'OK');
    assert.ok(!faulty || Object.keys(report.disclosed).length === 0, vector.name);
    assert.equal(toJson(report).presentation.audience, parsePresentation(b64(vector.presentation_b64)).audience);
  }
  for (const vector of SHOWN.refused) {
    const data = b64(vector.presentation_b64);
    assert.throws(() => parsePresentation(data), VerifierError, vector.name);
    assert.equal(assessPresentation(data, expected, verifier, { at: SHOWN.at }).reason, 'MALFORMED_FILE', vector.name);
  }
  for (const vector of SHOWN.bindings_refused) {
    assert.throws(() => parseBinding(b64(vector.binding_b64)), VerifierError, vector.name);
  }
});
