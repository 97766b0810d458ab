/** The holder's key: SM2 signing, and how it is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sm2Signer, newSecret, signatureFor } from '../src/keyed/sm2-signer.js';
import { MAX_FAILURES, Vault, WrongPin, weakness } from '../src/keyed/vault.js';
import { be32 as octets, concat, hex, toBigInt, utf8 } from '../src/verifier/bytes.js';
import { Sm2PublicKey } from '../src/verifier/sm2.js';
import { sm3 } from '../src/verifier/sm3.js';
import { GBT, SM2_N, bytes } from './vectors.mjs';

// GB/T 32918.5 A.2: the same example that the verifier is tested with, from its secret side
const SECRET = '3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8';
const NONCE = BigInt('0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21');

test('GB/T 32918.5 A.2: key pair and signature, octet by octet', () => {
  const signer = new Sm2Signer(bytes(SECRET));
  assert.equal(hex(signer.public).toUpperCase(), GBT.public);
  const e = toBigInt(sm3(concat(signer.key.z, utf8(GBT.message))));
  const signature = signatureFor(toBigInt(bytes(SECRET)), e, NONCE);
  assert.equal(hex(/** @type {Uint8Array} */ (signature)).toUpperCase(), GBT.signature);
});

test('signatures differ each time, and all verify', () => {
  const signer = new Sm2Signer(newSecret());
  const found = new Set();
  for (let i = 0; i < 8; i++) {
    const signature = signer.sign(utf8('one message'));
    assert.equal(Sm2PublicKey.parse(signer.public).verify(signature, utf8('one message')), true);
    found.add(hex(signature.subarray(0, 32)));
  }
  assert.equal(found.size, 8);
});

test('a dead random generator repeats a signature but never one nonce for two messages', () => {
  const dead = (/** @type {number} */ length) => new Uint8Array(length);
  const signer = new Sm2Signer(bytes(SECRET), dead);
  assert.deepEqual(signer.sign(utf8('a')), signer.sign(utf8('a')));
  // r = e + x(kG): with one nonce for both, r - e would be the same
  const point = (/** @type {string} */ text) => {
    const e = toBigInt(sm3(concat(signer.key.z, utf8(text))));
    return (toBigInt(signer.sign(utf8(text)).subarray(0, 32)) - e + 2n * SM2_N) % SM2_N;
  };
  assert.notEqual(point('a'), point('b'));
  assert.notEqual(point('a'), (toBigInt(new Sm2Signer(octets(5n), dead).sign(utf8('a')).subarray(0, 32)) + SM2_N) % SM2_N);
});

test('a signature that does not verify is not given away', () => {
  const signer = new Sm2Signer(newSecret());
  signer.key = Sm2PublicKey.parse(new Sm2Signer(newSecret()).public);
  assert.throws(() => signer.sign(utf8('x')), /did not verify/);
});

test('nonces that do not do, and secrets out of range', () => {
  const x = new Sm2Signer(octets(7n)).public.subarray(1, 33);
  assert.equal(signatureFor(5n, SM2_N - (toBigInt(x) % SM2_N), 7n), null); // r = 0
  for (const secret of [0n, SM2_N - 1n, SM2_N]) assert.throws(() => new Sm2Signer(octets(secret)), TypeError);
  assert.throws(() => new Sm2Signer(new Uint8Array(31).fill(1)), TypeError);
});

/** The store in memory. */
class Memory {
  /** @type {any} */
  record = undefined;

  async read() {
    return this.record;
  }

  /** @param {(record: any) => any} change */
  async update(change) {
    return (this.record = change(this.record));
  }
}

/** @param {Memory} memory */
const vault = (memory) => new Vault(memory, 1000);

test('kept, opened, erased; nothing of the key stands in the record', async () => {
  const memory = new Memory();
  const secret = newSecret();
  await vault(memory).keep('482915', secret, new Sm2Signer(secret).public);
  assert.equal(await vault(memory).kept(), false); // not registered yet
  await vault(memory).confirm();
  assert.equal(await vault(memory).kept(), true);
  assert.deepEqual(await vault(memory).open('482915'), secret);
  const { guard, ...rest } = memory.record;
  assert.equal(guard.extractable, false);
  await assert.rejects(crypto.subtle.exportKey('raw', guard));
  const stored = Object.values(rest).filter((v) => v instanceof Uint8Array).map(hex).join();
  assert.ok(!stored.includes(hex(secret)) && !stored.includes(hex(secret.subarray(0, 8))));
  await vault(memory).erase();
  assert.equal(await vault(memory).kept(), false);
});

test('the stored bytes without the browser’s own key open to no PIN', async () => {
  const memory = new Memory();
  const secret = newSecret();
  await vault(memory).keep('482915', secret, new Sm2Signer(secret).public);
  memory.record.guard = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  await assert.rejects(vault(memory).open('482915'), WrongPin);
});

test('wrong PINs are counted before they are tried, and the last one deletes the key', async () => {
  const memory = new Memory();
  const secret = newSecret();
  await vault(memory).keep('482915', secret, new Sm2Signer(secret).public);
  await assert.rejects(vault(memory).open('482916'), (error) => error instanceof WrongPin && error.left === MAX_FAILURES - 1);
  await vault(memory).open('482915');
  assert.equal(memory.record.failures, 0);
  for (let left = MAX_FAILURES - 1; left >= 0; left--) {
    await assert.rejects(vault(memory).open('000000'), (error) => error instanceof WrongPin && error.left === left);
  }
  assert.equal(memory.record, undefined);
  await assert.rejects(vault(memory).open('482915'), WrongPin);
});

test('a page that is closed while a PIN is tried has spent the try', async () => {
  const memory = new Memory();
  const secret = newSecret();
  await vault(memory).keep('482915', secret, new Sm2Signer(secret).public);
  const trying = vault(memory).open('000000');
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(memory.record.failures, 1);
  await assert.rejects(trying, WrongPin);
});

test('PINs that everybody tries first are refused', () => {
  for (const pin of ['111111', '123456', '654321', '121212', '123123', 'aaaaaa']) assert.equal(weakness(pin), 'simple', pin);
  assert.equal(weakness('48291'), 'short');
  assert.equal(weakness('482915'), null);
  assert.equal(weakness('春眠不觉晓处'), null);
});
