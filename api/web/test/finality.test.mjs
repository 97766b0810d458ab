/** Proofs of finality made by hand: what no recorded chain and no golden vector shows. */
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromHex, hex, utf8 } from '../src/verifier/bytes.js';
import { QBFT, parseConsensus } from '../src/verifier/consensus.js';
import { Malformed, ProofInvalid } from '../src/verifier/errors.js';
import { Existence } from '../src/verifier/finality/ics23.js';
import { valueAt } from '../src/verifier/finality/mpt.js';
import { AnchorProof, rootSlot } from '../src/verifier/finality/proof.js';
import * as pb from '../src/verifier/finality/protobuf.js';
import * as rlp from '../src/verifier/finality/rlp.js';

const bytes = (/** @type {number} */ length, /** @type {number} */ fill) => new Uint8Array(length).fill(fill);

test('consensus: each validator once, sorted, with a power', () => {
  /** @param {number} kind @param {string} network @param {any[]} rows */
  const parse = (kind, network, ...rows) => parseConsensus(new Map(/** @type {[any, any][]} */ ([[1, kind], [2, network], [3, rows]])));
  const [a, b] = [bytes(32, 1), bytes(32, 2)];
  assert.equal(parse(1, 'net', [a, 5], [b, 6]).totalPower, 11n);
  const bad = [[], [[a, 1], [a, 1]], [[b, 1], [a, 1]], [[a, 0]], [[a, -1]], [[a, true]], [[a]], [[bytes(20, 1), 1]],
    [[a, 1n << 60n]], [[a, (1n << 60n) - 1n], [b, 1]]];
  for (const rows of bad) assert.throws(() => parse(1, 'net', ...rows), Malformed);
  assert.throws(() => parse(1, '', [a, 1]), Malformed);
  assert.throws(() => parse(1, 'x'.repeat(51), [a, 1]), Malformed);
  assert.throws(() => parse(QBFT, '', [bytes(20, 1), 2]), Malformed);
  assert.throws(() => parse(QBFT, 'net', [bytes(20, 1), 1]), Malformed);
  assert.throws(() => parse(3, 'net', [a, 1]), /protocol/);
});

/** A trie of nodes above one leaf, each made from the reference to the one below. @param {Uint8Array} key @param {[number, 'extension' | 'leaf'][]} parts nibbles and kind, from the root */
function trie(key, parts) {
  const path = hex(keccak256(key));
  let end = path.length;
  /** @type {Uint8Array} */
  let below = utf8('the value of a leaf, longer than thirty-two bytes');
  const nodes = [];
  for (const [length, kind] of [...parts].reverse()) {
    const nibbles = path.slice(end - length, end);
    end -= length;
    const flag = (kind === 'leaf' ? 2 : 0) + (length & 1);
    const compact = fromHex(`${flag}${length & 1 ? '' : '0'}${nibbles}`);
    const node = rlp.encode([compact, below]);
    nodes.unshift(node);
    below = keccak256(node);
  }
  assert.equal(end, 0);
  return { root: below, nodes };
}

test('trie: one leaf, an extension and a leaf; never two extensions behind each other', () => {
  const key = utf8('a key');
  for (const parts of /** @type {[number, 'extension' | 'leaf'][][]} */ ([[[64, 'leaf']], [[3, 'extension'], [61, 'leaf']]])) {
    const { root, nodes } = trie(key, parts);
    if (parts.length === 1) assert.ok(valueAt(root, key, nodes).length > 32);
    else assert.throws(() => valueAt(root, key, nodes), /mpt-path/); // what follows an extension is a branch
    assert.throws(() => valueAt(root, utf8('another'), nodes), ProofInvalid);
    assert.throws(() => valueAt(root, key, [...nodes, nodes[0]]), ProofInvalid);
    assert.throws(() => valueAt(root, key, nodes.slice(1)), ProofInvalid);
  }
  const { root, nodes } = trie(key, [[2, 'extension'], [2, 'extension'], [60, 'leaf']]);
  assert.throws(() => valueAt(root, key, nodes), /mpt-path/);
});

/** @param {Uint8Array} prefix of the one inner node @param {Uint8Array} suffix @param {Uint8Array} leaf prefix */
function existence(prefix, suffix, leaf) {
  const leafOp = concat(pb.number(1, 1), pb.number(3, 1), pb.number(4, 1), pb.message(5, leaf));
  const inner = concat(pb.number(1, 1), pb.octets(2, prefix), pb.octets(3, suffix));
  const exist = concat(pb.octets(1, utf8('evm')), pb.octets(2, bytes(32, 7)), pb.message(3, leafOp), pb.message(4, inner));
  return new Existence(pb.message(1, exist));
}

test('simple tree: an inner node begins with 0x01 and holds one sibling, a leaf begins with 0x00', () => {
  const zero = Uint8Array.of(0);
  const one = Uint8Array.of(1);
  const none = new Uint8Array();
  assert.equal(existence(one, bytes(32, 9), zero).simpleRoot().length, 32);
  assert.equal(existence(concat(one, bytes(32, 9)), none, zero).simpleRoot().length, 32);
  const bad = [[Uint8Array.of(2), bytes(32, 9)], [zero, bytes(32, 9)], [concat(zero, bytes(32, 9)), none], [one, bytes(31, 9)],
    [one, bytes(33, 9)], [concat(one, bytes(32, 9)), bytes(32, 9)], [concat(one, bytes(31, 9)), one]];
  for (const [prefix, suffix] of bad) assert.throws(() => existence(prefix, suffix, zero).simpleRoot(), ProofInvalid);
  for (const leaf of [one, none, concat(zero, zero)]) assert.throws(() => existence(one, bytes(32, 9), leaf).simpleRoot(), ProofInvalid);
});

test('a slot that holds nothing is no anchor of the root zero', () => {
  const contract = bytes(20, 1);
  /** @param {Uint8Array} held @param {Uint8Array} root */
  const check = (held, root) => {
    const evidence = { kind: QBFT, check: () => held };
    const proof = Object.assign(Object.create(AnchorProof.prototype), { chainId: 1, contract, origin: 'log', size: 1, root, evidence });
    proof.check({ chainId: 1, contract, name: 'chain', consensus: { kind: QBFT, network: '', validators: [], totalPower: 0n } });
  };
  check(bytes(32, 3), bytes(32, 3));
  assert.throws(() => check(bytes(32, 0), bytes(32, 0)), ProofInvalid);
  assert.throws(() => check(bytes(32, 3), bytes(32, 4)), ProofInvalid);
});

test('storage slot: another for every log and size', () => {
  const slots = [rootSlot('a', 1), rootSlot('a', 2), rootSlot('b', 1), rootSlot('a', (1n << 63n) - 1n)].map(hex);
  assert.equal(new Set(slots).size, 4);
});
