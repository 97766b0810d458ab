/** The golden vectors of the single formats that levels L4 and L5 stand on, through the JavaScript parsers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hex, utf8 } from '../src/verifier/bytes.js';
import * as cbor from '../src/verifier/cbor.js';
import { LOG, SignedNote, noteKeyId } from '../src/verifier/checkpoint.js';
import { CoseKey } from '../src/verifier/cose.js';
import { cosigners } from '../src/verifier/cosignature.js';
import { Unsupported, VerifierError } from '../src/verifier/errors.js';
import { AnchorProof } from '../src/verifier/finality/proof.js';
import { CRV_ED25519, CRV_SM2, KTY_EC2, KTY_OKP } from '../src/verifier/labels.js';
import { WitnessPolicy } from '../src/verifier/quorum.js';
import { recoverAddress } from '../src/verifier/secp256k1.js';
import { TrustBundle, chainTrust } from '../src/verifier/trust-bundle.js';
import { bytes } from './vectors.mjs';

const golden = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../../tests/golden/formats/${name}.json`, import.meta.url), 'utf8'));
const b64 = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
/** Every subset, the smaller ones first, each in the order given: as Python's combinations. @param {string[]} names @returns {string[][]} */
function subsets(names) {
  const found = Array.from({ length: 1 << names.length }, (_, bits) => names.filter((_, i) => (bits >> i) & 1));
  const at = (/** @type {string[]} */ s) => s.map((n) => String.fromCharCode(65 + names.indexOf(n))).join('');
  return found.sort((a, b) => a.length - b.length || (at(a) < at(b) ? -1 : 1));
}

test('anchor proofs: what checks in Python checks here, and what does not is refused for the same reason', () => {
  const { accepted, refused } = golden('anchor-proof');
  assert.ok(accepted.length >= 7 && refused.length >= 90);
  const read = (/** @type {any} */ c) => [new AnchorProof(b64(c.proof_b64)), chainTrust(cbor.decode(b64(c.chain_b64)))];
  for (const vector of accepted) {
    const [proof, chain] = read(vector);
    proof.check(chain);
    assert.equal(proof.block.hash, vector.block_hash, vector.name);
    assert.ok(AnchorProof.recognises(b64(vector.proof_b64)));
  }
  for (const vector of refused) {
    assert.throws(() => {
      const [proof, chain] = read(vector);
      proof.check(chain);
    }, (/** @type {any} */ e) => {
      assert.ok(e instanceof VerifierError, `${vector.name}: ${e}`);
      assert.equal(e instanceof Unsupported ? 'unsupported' : /** @type {any} */ (e).reason, vector.reason, vector.name);
      return true;
    }, vector.name);
  }
});

test('anchor proofs: no cut and no changed bit of a good one checks', () => {
  const { accepted } = golden('anchor-proof');
  for (const kind of ['cometbft', 'qbft']) {
    const vector = accepted.find((/** @type {any} */ v) => v.name === kind);
    const chain = chainTrust(cbor.decode(b64(vector.chain_b64)));
    const good = b64(vector.proof_b64);
    for (let at = 0; at < good.length; at += 41) {
      const changed = good.slice();
      changed[at] ^= 1 << (at & 7);
      assert.throws(() => new AnchorProof(changed).check(chain), VerifierError, `${kind} byte ${at}`);
      assert.throws(() => new AnchorProof(good.subarray(0, at)).check(chain), VerifierError);
    }
  }
});

test('witness policies: the same sets of witnesses make the quorum', () => {
  const { witnesses, accepted, refused } = golden('witness-policy');
  for (const { name, hex: text, reached } of accepted) {
    const policy = new WitnessPolicy(cbor.decode(bytes(text)));
    assert.deepEqual(subsets(witnesses).filter((s) => policy.reached(new Set(s))), reached, name);
  }
  for (const { name, hex: text } of refused) {
    assert.throws(() => new WitnessPolicy(cbor.decode(bytes(text))), VerifierError, name);
  }
  assert.ok(accepted.length >= 9 && refused.length >= 30);
});

test('trust bundles', () => {
  const { accepted, refused } = golden('trust-bundle');
  for (const v of accepted) new TrustBundle(b64(v.bundle_b64), v.pin ?? undefined);
  for (const v of refused) assert.throws(() => new TrustBundle(b64(v.bundle_b64), v.pin ?? undefined), VerifierError, v.name);
  assert.ok(accepted.length >= 7 && refused.length >= 50);
});

/** The key of a vkey, and its use by its type. @param {string} vkey */
function vkey(vkey) {
  const [name, , ...rest] = vkey.split('+');
  const raw = Buffer.from(rest.join('+'), 'base64');
  const sm2 = raw[0] === 0xff;
  const key = new Uint8Array(raw.subarray(sm2 ? raw.length - 65 : 1));
  const map = sm2
    ? new Map([[1, KTY_EC2], [-1, CRV_SM2], [-2, key.slice(1, 33)], [-3, key.slice(33)]])
    : new Map([[1, KTY_OKP], [-1, CRV_ED25519], [-2, key]]);
  return { name, key: CoseKey.fromMap(map) };
}

test('cosignatures: a policy of the one witness counts it exactly where its signature is good', () => {
  const { accepted, refused } = golden('cosignature');
  const LATEST = 253402300799;
  for (const v of accepted) {
    const { name, key } = vkey(v.vkey);
    const policy = /** @type {any} */ ({ witnesses: [{ name, key, notBefore: 0, notAfter: LATEST }] });
    const counted = cosigners(new SignedNote(utf8(v.note)), policy, LATEST).has(name);
    assert.equal(counted, v.verifies && v.time < LATEST, v.name);
  }
  const { name, key } = vkey(accepted[0].vkey);
  const policy = /** @type {any} */ ({ witnesses: [{ name, key, notBefore: 0, notAfter: LATEST }] });
  for (const v of refused) assert.equal(cosigners(new SignedNote(utf8(v.note)), policy, LATEST).size, 0, v.name);
});

test('checkpoints', () => {
  const { key, accepted, refused } = golden('checkpoint');
  const public_ = bytes(key.public_hex);
  const log = CoseKey.fromMap(new Map([[1, KTY_EC2], [-1, CRV_SM2], [-2, public_.slice(1, 33)], [-3, public_.slice(33)]]));
  for (const v of accepted) {
    const note = new SignedNote(utf8(v.note));
    assert.equal(note.size, BigInt(v.size), v.name);
    assert.equal(note.verify(key.name, log), v.verifies, v.name);
  }
  for (const v of refused) assert.throws(() => new SignedNote(utf8(v.note)), VerifierError, v.name);
  assert.match(noteKeyId(key.name, log, LOG), /^[0-9a-f]{8}$/);
});

test('secp256k1: the address of the mirrored signature is the same, of other bytes another, of nonsense none', () => {
  const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const seal = golden('anchor-proof').accepted.find((/** @type {any} */ v) => v.name === 'qbft');
  const { header } = new AnchorProof(b64(seal.proof_b64)).evidence;
  const { seals, sealMessage } = /** @type {any} */ (header);
  const s = BigInt('0x' + hex(seals[0].subarray(32, 64)));
  const mirrored = Uint8Array.from([...seals[0].subarray(0, 32), ...bytes((N - s).toString(16).padStart(64, '0')), 1 - seals[0][64]]);
  assert.deepEqual(recoverAddress(sealMessage, mirrored), recoverAddress(sealMessage, seals[0]));
  assert.notDeepEqual(recoverAddress(sealMessage.subarray(1), seals[0]), recoverAddress(sealMessage, seals[0]));
  const with_ = (/** @type {number} */ at, /** @type {string} */ text) => {
    const changed = seals[0].slice();
    changed.set(bytes(text), at);
    return changed;
  };
  const zero = '00'.repeat(32);
  const order = N.toString(16);
  for (const bad of [with_(0, zero), with_(32, zero), with_(0, order), with_(32, order), with_(64, '02'), with_(64, '1b'), seals[0].subarray(0, 64)]) {
    assert.equal(recoverAddress(sealMessage, bad), null);
  }
  assert.equal(recoverAddress(sealMessage, with_(0, '00'.repeat(31) + '05')), null, 'x = 5 is of no point');
});
