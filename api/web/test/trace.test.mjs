/** Sum trees, epochs, receipt codes and donors' traces: the golden vectors of Python, through the JavaScript counterparts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseReceipt } from '../src/donor/code.js';
import { hex } from '../src/verifier/bytes.js';
import * as cbor from '../src/verifier/cbor.js';
import { parseEpoch } from '../src/verifier/epoch.js';
import { VerifierError } from '../src/verifier/errors.js';
import { treeOfVds } from '../src/verifier/merkle.js';
import { commitment, parseDetails } from '../src/verifier/opening.js';
import { outcomeOf } from '../src/verifier/report.js';
import { rootFromPath, rootFromRange, verifyConsistency } from '../src/verifier/sumtree.js';
import { checkTrace, isTrace, parseTrace, traceJson } from '../src/verifier/trace.js';
import { TrustBundle } from '../src/verifier/trust-bundle.js';
import { bytes } from './vectors.mjs';

const golden = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../../tests/golden/formats/${name}.json`, import.meta.url), 'utf8'));
const b64 = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const TREES = golden('sum-tree');
const TRACES = golden('donor-trace');

test('sum trees: the same roots, starts and consistency, and nothing that overflows', () => {
  const leaves = TREES.leaves_hex.map(bytes);
  const size = BigInt(leaves.length);
  for (const tree of TREES.accepted) {
    const h = treeOfVds(tree.vds);
    const roots = tree.roots.map((/** @type {any} */ r) => bytes(r.node_hex));
    for (const p of tree.paths) {
      const { root, start } = rootFromPath(h, leaves[p.index], BigInt(p.index), size, bytes(p.path_hex));
      assert.deepEqual([hex(root), Number(start)], [hex(roots[leaves.length]), p.start]);
    }
    for (const r of tree.ranges) {
      const { root, start } = rootFromRange(h, BigInt(r.first), leaves.slice(r.first, r.end), size, bytes(r.path_hex));
      assert.deepEqual([hex(root), Number(start)], [hex(roots[leaves.length]), r.start]);
    }
    for (const c of tree.consistency) {
      const proves = (/** @type {number} */ old) => verifyConsistency(h, BigInt(c.old), roots[old], BigInt(c.new), roots[c.new], bytes(c.path_hex));
      assert.ok(proves(c.old) && !proves(c.old - 1));
    }
    assert.ok(!verifyConsistency(h, 0n, roots[0], size, roots[leaves.length], new Uint8Array()));
  }
  for (const r of TREES.refused) {
    assert.throws(() => rootFromPath(treeOfVds(TREES.accepted[0].vds), bytes(r.leaf_hex), BigInt(r.index), BigInt(r.size), bytes(r.path_hex)), VerifierError, r.name);
  }
});

test('epoch statements', () => {
  const { accepted, refused } = golden('fund-epoch');
  for (const v of accepted) assert.equal(parseEpoch(b64(v.epoch_b64)).claims.epoch, v.number, v.name);
  for (const v of refused) assert.throws(() => parseEpoch(b64(v.epoch_b64)), VerifierError, v.name);
  assert.ok(refused.length >= 18);
});

test('receipt codes and what they open', () => {
  const { accepted, details, refused } = golden('receipt-code');
  for (const v of accepted) {
    for (const form of [v.text, v.url]) {
      const code = parseReceipt(form);
      assert.deepEqual([code && hex(code.donation), code && hex(code.secret)], [v.donation_hex, v.secret_hex]);
    }
  }
  for (const v of refused) assert.equal(parseReceipt(v.text), null, v.name);
  for (const v of details) {
    assert.equal(hex(commitment(parseDetails(cbor.decode(bytes(v.details_hex))), bytes(v.secret_hex))), v.ref_hex);
  }
});

test('traces: the very report of Python', () => {
  const trust = new TrustBundle(b64(TRACES.trust_b64));
  assert.ok(TRACES.accepted.length >= 9 && TRACES.refused.length >= 80);
  for (const v of TRACES.accepted) {
    const data = b64(v.trace_b64);
    assert.ok(isTrace(data));
    assert.deepEqual(traceJson(checkTrace(data, trust, { at: TRACES.at })), v.report, v.name);
  }
});

test('traces: what Python refuses is refused for the same reason, and shows nothing', () => {
  const trust = new TrustBundle(b64(TRACES.trust_b64));
  for (const v of TRACES.refused) {
    const report = checkTrace(b64(v.trace_b64), trust, { at: TRACES.at });
    assert.deepEqual([report.reason, report.outcome], [v.reason, outcomeOf(v.reason)], v.name);
    if (report.outcome === 'FAILED') assert.deepEqual([report.donated, report.portions, report.asOf], [null, [], []], v.name);
    if (v.reason === 'MALFORMED_FILE') assert.throws(() => parseTrace(b64(v.trace_b64)), VerifierError, v.name);
  }
});

test('traces: no cut of a good one passes, and no changed bit changes what is shown', () => {
  const trust = new TrustBundle(b64(TRACES.trust_b64));
  const good = b64(TRACES.accepted[0].trace_b64);
  const said = TRACES.accepted[0].report;
  let passed = 0;
  for (let at = 0; at < good.length; at += 41) {
    const changed = good.slice();
    changed[at] ^= 1 << (at & 7);
    const seen = traceJson(checkTrace(changed, trust, { at: TRACES.at }));
    passed += seen.outcome === 'PASSED' ? 1 : 0;
    if (seen.donation) assert.deepEqual([seen.donation, seen.portions], [said.donation, said.portions], `byte ${at}`);
    assert.equal(checkTrace(good.subarray(0, at), trust, { at: TRACES.at }).reason, 'MALFORMED_FILE');
  }
  assert.ok(passed <= 10, `${passed}: only a note of the log, which proves nothing below L4, may change`);
});

test('traces: a level that is none is the caller’s mistake, and one that is asked for and missing is no failure', () => {
  const trust = new TrustBundle(b64(TRACES.trust_b64));
  const data = b64(TRACES.accepted[0].trace_b64);
  assert.throws(() => checkTrace(data, trust, { at: TRACES.at, level: 'L6' }), RangeError);
  assert.equal(checkTrace(data, trust, { at: TRACES.at, level: 'L5' }).outcome, 'INDETERMINATE');
});
