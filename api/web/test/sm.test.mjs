import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, hex, toBigInt, utf8 } from '../src/verifier/bytes.js';
import { Sm2PublicKey } from '../src/verifier/sm2.js';
import { hmacSm3, sm3 } from '../src/verifier/sm3.js';
import { GBT, SM2_N, SM2_P, be32, bytes } from './vectors.mjs';

test('SM3 of "abc" and of 64 bytes (GB/T 32905 appendix A)', () => {
  assert.equal(hex(sm3(utf8('abc'))), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
  assert.equal(hex(sm3(utf8('abcd'.repeat(16)))), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732');
});

test('SM3 padding at every length around a block agrees with itself by incremental lengths', () => {
  const seen = new Set();
  for (let n = 50; n < 70; n++) seen.add(hex(sm3(new Uint8Array(n))));
  assert.equal(seen.size, 20);
  assert.equal(hex(sm3(new Uint8Array(0))), '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b');
});

test('HMAC-SM3 (GB/T 15852.2 form): long keys are hashed first', () => {
  const key = new Uint8Array(100).fill(7);
  assert.equal(hex(hmacSm3(key, utf8('x'))), hex(hmacSm3(sm3(key), utf8('x'))));
});

for (const tables of [false, true]) {
  test(`GB/T 32918.5 A.2 signature, ${tables ? 'with' : 'without'} tables`, () => {
    const key = Sm2PublicKey.parse(bytes(GBT.public));
    if (tables) key.precompute();
    assert.equal(key.verify(bytes(GBT.signature), utf8(GBT.message)), true);
    assert.equal(key.verify(bytes(GBT.signature), utf8('message digesu')), false);
    for (let bit = 0; bit < 512; bit += 37) {
      const changed = bytes(GBT.signature);
      changed[bit >> 3] ^= 1 << (bit & 7);
      assert.equal(key.verify(changed, utf8(GBT.message)), false, `bit ${bit}`);
    }
  });
}

test('signature components outside [1, n-1] and r + s = n are refused', () => {
  const key = Sm2PublicKey.parse(bytes(GBT.public));
  const good = bytes(GBT.signature);
  const r = toBigInt(good.subarray(0, 32));
  const s = toBigInt(good.subarray(32));
  const top = (1n << 256n) - 1n;
  for (const [a, b] of [[0n, s], [r, 0n], [SM2_N, s], [r, SM2_N], [top, s], [r, top], [r, SM2_N - r]]) {
    assert.equal(key.verify(concat(be32(a), be32(b)), utf8(GBT.message)), false);
  }
  if (s + SM2_N < 1n << 256n) assert.equal(key.verify(concat(be32(r), be32(s + SM2_N)), utf8(GBT.message)), false);
  for (const length of [0, 63, 65, 72]) assert.equal(key.verify(new Uint8Array(length).fill(1), utf8('x')), false);
});

test('keys: only 04 || x || y on the curve', () => {
  const good = bytes(GBT.public);
  const off = good.slice();
  off[64] ^= 1;
  const hybrid = good.slice();
  hybrid[0] = 6;
  const x = toBigInt(good.subarray(1, 33));
  const unreduced = x + SM2_P < 1n << 256n ? concat(good.subarray(0, 1), be32(x + SM2_P), good.subarray(33)) : off;
  const p256 = concat(
    Uint8Array.of(4),
    be32(0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n),
    be32(0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n),
  );
  const bad = [off, hybrid, unreduced, p256, good.subarray(0, 64), good.subarray(0, 33), new Uint8Array(65), concat(Uint8Array.of(4), new Uint8Array(64)), concat(good.subarray(0, 33), new Uint8Array(32))];
  for (const key of bad) assert.throws(() => Sm2PublicKey.parse(key), TypeError);
});
