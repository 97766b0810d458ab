import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '../src/verifier/bytes.js';
import { Tag, decode, encode } from '../src/verifier/cbor.js';
import { Malformed } from '../src/verifier/errors.js';
import { bytes } from './vectors.mjs';

const GOOD = [
  '00', '17', '1818', '18ff', '190100', '1a00010000', '1b0000000100000000', '1bffffffffffffffff', '20', '3863',
  '3a00010000', '3bffffffffffffffff', '40', '43010203', '60', '6161', '63efbbbf', '80', '820102', 'a0',
  'a201616120' + '4100', 'f4', 'f5', 'f6', 'c100', 'd28443a10101a0f6' + '40', 'a24100016161' + '02',
];
const BAD = {
  '': 'truncated', 1817: 'non-shortest', 190017: 'non-shortest', '1a0000ffff': 'non-shortest',
  '1b00000000ffffffff': 'non-shortest', '5801': 'non-shortest', '1c': 'reserved', '1f': 'indefinite-length',
  '5fff': 'indefinite-length', '9fff': 'indefinite-length', bfff: 'indefinite-length', f7: 'simple-or-float',
  f90000: 'simple-or-float', f820: 'simple-or-float', ff: 'simple-or-float', '0000': 'trailing-data',
  4201: 'truncated', 8201: 'truncated', a101: 'truncated', '19': 'truncated', '61ff': 'utf8', '63eda080': 'utf8',
  a201000100: 'duplicate-key', a202000100: 'unsorted-keys', a1f500: 'key-type', a18000: 'key-type', a1f600: 'key-type',
  '9bffffffffffffffff': 'truncated', bbffffffffffffffff: 'truncated', '5bffffffffffffffff': 'non-shortest-or-truncated',
};

test('what is canonical decodes and encodes back to itself', () => {
  for (const text of GOOD) assert.equal(hex(encode(decode(bytes(text)))), text);
});

test('every other spelling is refused', () => {
  for (const [text, reason] of Object.entries(BAD)) {
    assert.throws(
      () => decode(bytes(text)),
      (e) => e instanceof Malformed && (e.reason === reason || reason.split('-or-').includes(e.reason)),
      text,
    );
  }
});

test('depth and size are bounded', () => {
  assert.throws(() => decode(bytes('81'.repeat(13) + '00')), /too-deep/);
  assert.doesNotThrow(() => decode(bytes('81'.repeat(12) + '00')));
  assert.throws(() => decode(new Uint8Array(10), { maxBytes: 9 }), /too-large/);
});

test('map keys are sorted on encoding; floats and repeated keys are refused', () => {
  assert.equal(hex(encode(new Map([[-1, 1], [2, 2], ['a', 3], [10, 4]]))), 'a4' + '0202' + '0a04' + '2001' + '616103');
  assert.throws(() => encode(1.5), /type/);
  assert.throws(() => encode(new Map([[1n, 0], [1, 0]])), /duplicate-key/);
  assert.throws(() => encode(undefined), /type/);
  assert.equal(hex(encode(new Tag(18, []))), 'd280');
});
