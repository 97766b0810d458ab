/** The holder's page without a browser: words, requests, notices, choosing fields. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Client, Declined, Later, NotKnown, Outage } from '../src/keyed/client.js';
import { readChallenge, withOnly } from '../src/holder/disclose.js';
import { Notice, activationCharacters } from '../src/holder/service.js';
import { Sm2Signer, newSecret } from '../src/keyed/sm2-signer.js';
import { coseKey } from '../src/keyed/cose-key.js';
import { TEXTS } from '../src/holder/texts.js';
import { hex, utf8 } from '../src/verifier/bytes.js';
import { parseHolderFile } from '../src/verifier/credential.js';
import { sm3 } from '../src/verifier/sm3.js';

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const OFFICES = ['login.js', 'view-login.js', 'start.js']; // of keyed/, not on the holder's page
const SOURCES = ['holder', 'keyed'].flatMap((folder) => readdirSync(new URL(`../src/${folder}/`, import.meta.url)).filter((name) => !name.startsWith('texts') && !OFFICES.includes(name)).map((name) => `../src/${folder}/${name}`));

test('both languages have the same texts, with the same places to fill', () => {
  assert.deepEqual(Object.keys(TEXTS.zh).sort(), Object.keys(TEXTS.en).sort());
  const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([p]) => p).sort();
  for (const [key, text] of Object.entries(TEXTS.zh)) assert.deepEqual(places(text), places(TEXTS.en[key]), key);
});

test('every text that is named exists, and every text is named', () => {
  const html = read('../pages/holder.html');
  const named = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)];
  assert.equal(named.length, html.split('data-t=').length - 1);
  for (const [, key, shown] of named) assert.equal(TEXTS.zh[key], shown, key);
  const sources = html + SOURCES.map((name) => read(name)).join('\n');
  for (const [, key] of sources.matchAll(/\bt\('([a-z-]+)'/g)) assert.ok(key.endsWith('-') || TEXTS.zh[key] !== undefined, key);
  const families = /^(state|decision|pin|way|action|asked|party|purpose|result)-/;
  for (const key of Object.keys(TEXTS.zh)) assert.ok(families.test(key) || sources.includes(`'${key}'`) || sources.includes(`"${key}"`), key);
});

test('whatever the access log says of a holder has words', () => {
  const files = readdirSync(new URL('../../services/', import.meta.url), { recursive: true }).map(String).filter((name) => name.endsWith('.py') && !name.startsWith('charity')); // the charities' accesses are about no holder
  const sources = files.map((name) => read(`../../services/${name}`)).join('\n');
  const actions = [...sources.matchAll(/\.office\([^)"]*"([a-z-]+)"/g), ...sources.matchAll(/"(consent-[a-z]+|enrol|match|authenticity)"/g)].map((m) => m[1]);
  assert.ok(new Set(actions).size >= 8);
  for (const action of actions) assert.ok(TEXTS.zh[`action-${action}`], action);
  const asked = /class Predicate\(IntEnum\):([^]*?)\n\n\n/.exec(read('../../../verifier/answer.py'))?.[1] ?? '';
  const names = [...asked.matchAll(/^ {4}([A-Z_]+) = \d/gm)].map((m) => m[1].toLowerCase().replaceAll('_', '-'));
  assert.ok(names.length >= 7);
  for (const name of names) assert.ok(TEXTS.zh[`asked-${name}`], name);
});

test('activation codes as people type them', () => {
  for (const typed of ['0A1B-2C3D-4E5F-6G7H', 'oa1b2c3d4e5f6g7h', ' 0A1B 2C3D – 4E5F 6G7H', '０Ａ１Ｂ-2C3D-4E5F-6G7H', 'OAIB-2C3D-4E5F-6G7H']) {
    assert.equal(activationCharacters(typed), '0A1B2C3D4E5F6G7H', typed);
  }
  for (const typed of ['', '0A1B', '0A1B-2C3D-4E5F-6G7U', '0A1B-2C3D-4E5F-6G7H-1']) assert.equal(activationCharacters(typed), null, typed);
});

test('challenges', () => {
  assert.deepEqual(readChallenge(' 91990000MA9T000695\n AAAAAAAAAAAAAAAAAAAAAA '), { audience: '91990000MA9T000695', nonce: 'AAAAAAAAAAAAAAAAAAAAAA' });
  assert.equal(readChallenge('https://bank.example AAAAAAAAAAAAAAAAAAAAAA')?.audience, 'https://bank.example');
  assert.equal(readChallenge('91990000MA9T000695 AAECAwQFBgcICQoL+/0ODw==')?.nonce, 'AAECAwQFBgcICQoL-_0ODw'); // as the service writes it
  for (const text of ['', '91990000MA9T000695', 'http://bank.example AAAAAAAAAAAAAAAAAAAAAA', '91990000MA9T000695 AAAA', '91990000MA9T000695 AAAAAAAAAAAAAAAAAAAAAA x', 'https://bank.example/x AAAAAAAAAAAAAAAAAAAAAA', '91990000MA9T000695 AAAAAAAAAAAAAAAAAAAAAB']) {
    assert.equal(readChallenge(text), null, text);
  }
});

test('a file with fewer fields is the same certificate', () => {
  const vector = JSON.parse(read('../../../tests/golden/assess/file-marriage.json'));
  const file = new Uint8Array(Buffer.from(vector.input_b64, 'base64'));
  const names = parseHolderFile(file).disclosures.map((d) => d.name);
  assert.ok(names.length > 2);
  assert.deepEqual(withOnly(file, new Set(names)), file);
  for (const chosen of [[], [names[1]], names.slice(2)]) {
    const less = parseHolderFile(withOnly(file, new Set(chosen)));
    assert.deepEqual(less.disclosures.map((d) => d.name), chosen);
    assert.deepEqual(less.certificate.sign1.encodeBare(), parseHolderFile(file).certificate.sign1.encodeBare());
    assert.deepEqual(less.receipts, parseHolderFile(file).receipts);
  }
  assert.ok(!Buffer.from(withOnly(file, new Set())).includes(Buffer.from(names[0])));
});

const SAID = { asks: [], categories: [], recipient: {}, purpose: {}, method: {}, retention: {}, rights: {}, trx: '00' };

/** @param {object} said */
function noticed(said, trx = '00') {
  const notice = JSON.stringify(said);
  return { notice, notice_sm3: hex(sm3(utf8(notice))), trx };
}

test('a notice is what it says it is, or nothing', () => {
  assert.deepEqual(new Notice(noticed(SAID)).bytes, utf8(JSON.stringify(SAID)));
  assert.throws(() => new Notice({ ...noticed(SAID), notice_sm3: '00'.repeat(32) }), TypeError);
  assert.throws(() => new Notice(noticed(SAID, '01')), TypeError);
  assert.throws(() => new Notice(noticed({ ...SAID, rights: null })), TypeError);
  assert.throws(() => new Notice(noticed({ ...SAID, asks: 'x' })), TypeError);
  assert.throws(() => new Notice({ ...noticed(SAID), notice: '{' }), SyntaxError);
});

/** A client whose service answers what it is told to. @param {(() => Response)[]} answers */
function client(answers) {
  /** @type {any[]} */
  const asked = [];
  Object.assign(globalThis, {
    location: { host: 'minzheng.example' },
    fetch: async (/** @type {string} */ path, /** @type {any} */ options) => {
      asked.push({ path, ...options });
      return /** @type {() => Response} */ (answers.shift())();
    },
  });
  const made = new Client(() => 'zh-CN');
  const signer = new Sm2Signer(newSecret());
  made.device = { signer, keyid: hex(coseKey(signer.public).kid) };
  return { made, asked };
}

const json = (/** @type {object} */ body, status = 200, type = 'application/json', headers = {}) => () => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } });
const problem = (/** @type {number} */ status, headers = {}) => json({ code: 'not-found', title: '未找到。' }, status, 'application/problem+json', headers);

test('every way to fail is told apart, and what is not the service’s word is an outage', async () => {
  /** @type {[(() => Response)[], any][]} */
  const cases = [
    [[problem(404)], Declined], [[problem(422)], Declined], [[problem(429)], Later], [[problem(500)], Outage], [[problem(503)], Outage],
    [[problem(401), problem(401)], NotKnown], [[json({}, 404, 'text/html')], Outage], [[json({ title: 'x' }, 404, 'application/problem+json')], Outage],
    [[() => new Response('<html>', { status: 200 })], Outage], [[() => { throw new TypeError('failed to fetch'); }], Outage],
    [[() => { throw new DOMException('', 'TimeoutError'); }], Outage], [[() => new Response('{', { status: 404, headers: { 'Content-Type': 'application/problem+json' } })], Outage],
  ];
  for (const [answers, kind] of cases) {
    await assert.rejects(client([...answers]).made.post('/v1/holder/x'), (error) => error instanceof kind && (kind !== Declined || /** @type {any} */ (error).code === 'not-found'));
  }
  assert.ok(new Later() instanceof Outage && !(new Declined(404, '', '') instanceof Outage) && !(new NotKnown() instanceof Outage));
});

test('a signature that came too late is made anew with the service’s time, once', async () => {
  const later = new Date(Date.now() + 3600_000).toUTCString();
  const { made, asked } = client([problem(401, { Date: later }), json({ good: 1 })]);
  assert.deepEqual(await made.post('/v1/holder/x', { a: 1 }), { good: 1 });
  const created = asked.map((r) => Number(/created=(\d+)/.exec(r.headers['Signature-Input'])?.[1]));
  assert.ok(Math.abs(created[1] - created[0] - 3600) < 5);
  const nonces = new Set(asked.map((r) => /nonce="([^"]+)"/.exec(r.headers['Signature-Input'])?.[1]));
  assert.equal(nonces.size, 2);
  const refused = client([problem(401, { Date: later }), problem(401, { Date: later })]);
  await assert.rejects(refused.made.post('/v1/holder/x'), NotKnown);
  assert.equal(refused.made.ahead, 0); // a stranger’s date is not kept
});

test('no cookie, no referrer, no redirect, nothing without a key', async () => {
  const { made, asked } = client([json({})]);
  await made.post('/v1/holder/x');
  assert.deepEqual([asked[0].credentials, asked[0].redirect, asked[0].referrerPolicy, asked[0].cache], ['omit', 'error', 'no-referrer', 'no-store']);
  made.device = null;
  await assert.rejects(made.post('/v1/holder/x'), /locked/);
});
