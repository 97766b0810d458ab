import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromHex, toBigInt, utf8 } from '../src/verifier/bytes.js';
import { Ed25519PublicKey } from '../src/verifier/ed25519.js';

const { Point } = ed25519;
const L = Point.Fn.ORDER;
const KEY = fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'); // RFC 8032 7.1, TEST 2
const SIGNATURE = fromHex(
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
);
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'); // of order 8

const little = (/** @type {Uint8Array} */ b) => toBigInt(b.slice().reverse());
const encode = (/** @type {bigint} */ n) => fromHex(n.toString(16).padStart(64, '0')).reverse();

/** A signature whose R, key or both have a component of small order: right up to the cofactor only. @param {any} keyPart @param {any} rPart */
function crooked(keyPart, rPart) {
  const message = utf8('m');
  const a = 1234567n;
  const key = Point.BASE.multiply(a).add(keyPart).toBytes();
  for (let r = 1n; ; r++) {
    const R = Point.BASE.multiply(r).add(rPart).toBytes();
    const k = little(sha512(concat(R, key, message))) % L;
    if (k % 8n) return { key, message, signature: concat(R, encode((r + k * a) % L)) };
  }
}

test('RFC 8032 example, and its neighbours', () => {
  const key = Ed25519PublicKey.parse(KEY);
  assert.equal(key.verify(SIGNATURE, fromHex('72')), true);
  assert.equal(key.verify(SIGNATURE, fromHex('73')), false);
  const same = concat(SIGNATURE.subarray(0, 32), encode(little(SIGNATURE.subarray(32)) + L));
  assert.equal(key.verify(same, fromHex('72')), false, 'S + L');
});

test('no cofactor: what is right only up to small order is refused, as in Python', () => {
  const { key, message, signature } = crooked(Point.ZERO, Point.ZERO);
  assert.equal(Ed25519PublicKey.parse(key).verify(signature, message), true, 'the construction itself');
  for (const [keyPart, rPart] of [[TORSION, Point.ZERO], [Point.ZERO, TORSION]]) {
    const bad = crooked(keyPart, rPart);
    assert.equal(ed25519.verify(bad.signature, bad.message, bad.key, { zip215: false }), true, 'what the library says');
    assert.equal(Ed25519PublicKey.parse(bad.key).verify(bad.signature, bad.message), false);
  }
});

test('keys of small order and non-canonical ones are no keys', () => {
  for (const hex of ['01' + '00'.repeat(31), '00'.repeat(32), 'ee' + 'ff'.repeat(30) + '7f', 'ec' + 'ff'.repeat(30) + '7f']) {
    assert.throws(() => Ed25519PublicKey.parse(fromHex(hex)), TypeError, hex);
  }
  assert.throws(() => Ed25519PublicKey.parse(TORSION.toBytes()), TypeError);
});
