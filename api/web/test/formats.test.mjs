import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { b45decode, b64urlDecode } from '../src/verifier/base.js';
import { hex } from '../src/verifier/bytes.js';
import { parseCode } from '../src/verifier/code.js';
import { inflate } from '../src/verifier/inflate.js';
import { SHA256_TREE, SM3_TREE, fixedRootFromPath, rootFromPath } from '../src/verifier/merkle.js';

const text = (/** @type {Uint8Array} */ b) => Buffer.from(b).toString();

test('base45: the examples of RFC 9285', () => {
  assert.equal(text(b45decode('BB8')), 'AB');
  assert.equal(text(b45decode('%69 VD92EX0')), 'Hello!!');
  assert.equal(text(b45decode('UJCLQE7W581')), 'base-45');
  assert.equal(text(b45decode('QED8WEX0')), 'ietf!');
  assert.equal(b45decode('').length, 0);
});

test('base45: what no encoder makes is refused', () => {
  for (const bad of [':::', 'GGW', 'B', 'BB8B', '::', 'V5', 'bb8', 'BB8 bb', 'ÄBB', 'BB\n']) {
    assert.throws(() => b45decode(bad), /base45/, JSON.stringify(bad));
  }
  assert.deepEqual(b45decode('FGW'), Uint8Array.of(0xff, 0xff));
});

test('base64url: canonical only', () => {
  assert.equal(text(b64urlDecode('aGk')), 'hi');
  for (const bad of ['a', 'aGl', 'aGk=', 'aG+', 'aG/', 'aG k', 'aGk\n']) assert.throws(() => b64urlDecode(bad), /base64url/);
});

test('code: two forms and no third', () => {
  assert.equal(hex(parseCode('MZ1:BB8')), '4142');
  assert.equal(hex(parseCode('https://minzheng.example/v#QUI')), '4142');
  assert.equal(hex(parseCode('https://minzheng.example:8443/v#QUI')), '4142');
  for (const bad of ['', 'mz1:BB8', 'MZ2:BB8', 'http://minzheng.example/v#QUI', 'https://a/v?#QUI', 'https://a/w#QUI',
    'https://a/v#', 'https://a/v#QUI=', ' https://a/v#QUI', 'https://u@a/v#QUI', 'https://a/v#QUI\n',
    'MZ1:' + 'B'.repeat(1131), 'https://a/v#' + 'A'.repeat(1400)]) {
    assert.throws(() => parseCode(bad), /code|base/, bad.slice(0, 40));
  }
});

test('inflate agrees with zlib on stored, fixed and dynamic blocks', () => {
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647);
  for (const size of [0, 1, 5, 300, 5000, 70000]) {
    const noise = Uint8Array.from({ length: size }, () => random() & 0xff);
    const words = Uint8Array.from({ length: size }, (_, i) => (random() % 7 ? 0 : i & 0xff));
    for (const data of [noise, words]) {
      for (const options of [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: zlib.constants.Z_FIXED }, { strategy: zlib.constants.Z_HUFFMAN_ONLY }]) {
        const out = inflate(new Uint8Array(zlib.deflateSync(data, options)), 1 << 20);
        assert.equal(Buffer.compare(Buffer.from(out), Buffer.from(data)), 0);
      }
    }
  }
});

test('inflate: bombs, truncation, trailing data, changed bytes', () => {
  const packed = new Uint8Array(zlib.deflateSync(new Uint8Array(100000)));
  assert.throws(() => inflate(packed, 99999), /too large/);
  assert.equal(inflate(packed, 100000).length, 100000);
  for (let n = 0; n < packed.length; n += 7) assert.throws(() => inflate(packed.subarray(0, n), 1 << 20));
  assert.throws(() => inflate(new Uint8Array([...packed, 0]), 1 << 20), /trailing/);
  for (let i = 0; i < packed.length; i++) {
    const changed = packed.slice();
    changed[i] ^= 0x10;
    let same = false;
    try {
      same = inflate(changed, 1 << 20).length === 100000 && zlib.inflateSync(changed).length === 100000;
    } catch {
      assert.throws(() => zlib.inflateSync(changed), `byte ${i}: zlib accepts what we refuse`);
      continue;
    }
    assert.ok(same, `byte ${i}: accepted by us only`);
  }
});

test('merkle: paths of every tree of up to 17 leaves lead to the root, in both hashes', () => {
  for (const h of [SM3_TREE, SHA256_TREE]) {
    const leaves = Array.from({ length: 17 }, (_, i) => h.leaf(Uint8Array.of(i)));
    /** @param {Uint8Array[]} part @returns {Uint8Array} */
    const rootOf = (part) => {
      if (part.length === 1) return part[0];
      const k = 2 ** (31 - Math.clz32(part.length - 1));
      return h.node(rootOf(part.slice(0, k)), rootOf(part.slice(k)));
    };
    /** @param {number} i @param {Uint8Array[]} part @returns {Uint8Array[]} */
    const pathOf = (i, part) => {
      if (part.length === 1) return [];
      const k = 2 ** (31 - Math.clz32(part.length - 1));
      return i < k ? [...pathOf(i, part.slice(0, k)), rootOf(part.slice(k))] : [...pathOf(i - k, part.slice(k)), rootOf(part.slice(0, k))];
    };
    for (let size = 1; size <= 17; size++) {
      const part = leaves.slice(0, size);
      for (let i = 0; i < size; i++) {
        const path = pathOf(i, part);
        assert.deepEqual(rootFromPath(h, leaves[i], i, size, path), rootOf(part));
        if (path.length) assert.throws(() => rootFromPath(h, leaves[i], i, size, path.slice(1)), /too-short/);
        assert.throws(() => rootFromPath(h, leaves[i], i, size, [...path, leaves[0]]), /too-long/);
      }
    }
    assert.throws(() => rootFromPath(h, leaves[0], 1, 1, []), /index/);
    assert.throws(() => fixedRootFromPath(h, leaves[0], 2, [leaves[1]]), /slot/);
    assert.throws(() => fixedRootFromPath(h, leaves[0], 0, [leaves[1].slice(1)]), /hash-length/);
  }
});
