/** Electronic seals of OFD documents: the golden vectors of Python, accepted and refused alike, and changes at random. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Verifier } from '../src/verifier/assess.js';
import { concat, utf8 } from '../src/verifier/bytes.js';
import { Malformed, Unsupported } from '../src/verifier/errors.js';
import { checkSeal } from '../src/verifier/ofd.js';
import { readEntry } from '../src/verifier/ofdfile.js';
import { parseXml } from '../src/verifier/ofdxml.js';
import { SEAL_FAULTS, SealRefused } from '../src/verifier/sealfault.js';
import { Seal, SealSignature } from '../src/verifier/ses.js';
import { TrustBundle } from '../src/verifier/trust-bundle.js';
import { X509 } from '../src/verifier/x509.js';

const golden = (/** @type {string} */ path) => JSON.parse(readFileSync(new URL(`../../../tests/golden/${path}.json`, import.meta.url), 'utf8'));
const b64 = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
const SEALED = golden('formats/ofd');
const TRUST = Object.fromEntries(Object.entries(SEALED.trust).map(([name, data]) => [name, new TrustBundle(b64(data))]));

test('seals, signatures and certificates alone', () => {
  /** @type {Record<string, (data: Uint8Array) => unknown>} */
  const parsers = { SESeal: Seal.parse, SES_Signature: (data) => new SealSignature(data), X509: (data) => new X509(data) };
  const { accepted, refused } = golden('formats/e-seal');
  for (const v of accepted) parsers[v.type](b64(v.b64));
  for (const v of refused) {
    assert.throws(() => parsers[v.type](b64(v.b64)), (/** @type {any} */ e) => {
      assert.ok(v.error === 'Unsupported' ? e instanceof Unsupported : e instanceof Malformed, `${v.name}: ${e}`);
      if (v.reason) assert.equal(`${e.format}: ${e.reason}`, v.reason, v.name);
      return true;
    }, v.name);
  }
  assert.ok(accepted.length >= 8 && refused.length >= 100);
});

/** Names are the vectors': the base, with what differs; null leaves a member out. @param {any} v @returns {Map<string, Uint8Array>} */
function filesOf(v) {
  const merged = new Map(SEALED.base);
  for (const [name, data] of Object.entries(v.changes)) merged.set(name, data);
  const names = v.order ?? [...merged.keys()];
  return new Map(names.filter((/** @type {string} */ n) => merged.get(n) !== null).map((/** @type {string} */ n) => [n, b64(/** @type {string} */ (merged.get(n)))]));
}

/** What `checkSeal` takes; the container has vectors of its own. @param {Map<string, Uint8Array>} files */
const packed = (files) => ({ files, comment: new Uint8Array(), body: new Uint8Array() });

/** @param {any} v */
const check = (v) => checkSeal(packed(filesOf(v)), TRUST[v.trust], v.at, { attestedAt: v.attested_at ?? null, crls: (v.crls ?? []).map(b64) });

test('sealed documents that are accepted, and what is said of them', () => {
  for (const v of SEALED.accepted) {
    const s = check(v);
    assert.deepEqual({
      esid: s.esid, seal_name: s.sealName, vid: s.vid, maker: s.maker, signer: s.signer, issuer: s.issuer,
      signed_at: s.signedAt, valid_from: s.validFrom, valid_until: s.validUntil, warnings: s.warnings,
    }, v.seen, v.name);
  }
  assert.ok(SEALED.accepted.length >= 13);
});

test('sealed documents that are refused, each with its fault', () => {
  for (const v of SEALED.refused) {
    assert.throws(() => check(v), (/** @type {any} */ e) => {
      assert.ok(e instanceof SealRefused, `${v.name}: ${e}`);
      assert.deepEqual([e.fault, e.failed], [v.fault, v.failed], v.name);
      return true;
    }, v.name);
  }
  assert.deepEqual(new Set(SEALED.refused.map((/** @type {any} */ v) => v.fault)), new Set(SEAL_FAULTS));
  assert.deepEqual(Object.fromEntries(readEntry(filesOf({ changes: {} })).custom), { ZZMC: '结婚证', CZZT: '示例' });
});

test('the faults are those of verifier/sealfault.py, in its order', () => {
  const source = readFileSync(new URL('../../../verifier/sealfault.py', import.meta.url), 'utf8');
  assert.deepEqual([...source.matchAll(/^ {4}[A-Z_]+ = "([A-Z_]+)"$/gm)].map((m) => m[1]), SEAL_FAULTS);
});

/** Numbers below 2^31, the same in every run. @param {number} seed */
function lehmer(seed) {
  let state = seed;
  return (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
}

test('a sealed OFD with one byte changed is never PASSED', () => {
  const v = golden('assess/document-ofd-sealed');
  const good = b64(v.input_b64);
  const verifier = new Verifier(new TrustBundle(b64(v.trust_b64)), v.status_b64.map(b64));
  const ask = (/** @type {Uint8Array} */ data) => verifier.assess(data, { at: v.at, level: v.level });
  const told = ask(good);
  assert.equal(told.outcome, 'PASSED');
  assert.deepEqual(Object.keys(told.document?.seal ?? {}), ['name', 'esid', 'signer', 'maker', 'signed_at']);
  assert.deepEqual(told.findings.at(-1), { step: 11, reason: 'OK', clause: 'GB/T 38540-2020 7.3; docs/formats/e-seal.md', detail: '' });
  const random = lehmer(20260101);
  for (let n = 0; n < 200; n++) {
    const changed = good.slice();
    const at = random(good.length);
    changed[at] ^= 1 + random(255);
    assert.notEqual(ask(changed).outcome, 'PASSED', `byte ${at} ${changed[at]}`);
  }
});

test('a changed byte within a member never leaves a good seal', () => {
  const good = filesOf({ changes: {} });
  const at = SEALED.accepted[0].at;
  const random = lehmer(47);
  const names = [...good.keys()];
  for (let n = 0; n < 60; n++) {
    const name = names[random(names.length)];
    const changed = /** @type {Uint8Array} */ (good.get(name)).slice();
    const where = random(changed.length);
    changed[where] ^= 1 << random(8);
    assert.throws(() => checkSeal(packed(new Map(good).set(name, changed)), TRUST.world, at), SealRefused, `${name} byte ${where}`);
  }
});

const OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"';
/** @param {string | Uint8Array} text */
const read = (text) => parseXml(typeof text === 'string' ? utf8(text) : text, 'A');

test('xml: what well-formed text says', () => {
  assert.equal(read(`<ofd:A ${OFD}/>`).text, '');
  assert.equal(read(`<?xml version='1.0' encoding='utf-8' standalone="yes" ?>\r\n<A xmlns="http://www.ofdspec.org/2016"\n>x\r\ny\rz</A >\n`).text, 'x\ny\nz');
  const a = read(`<ofd:A ${OFD} K=" &#x4E2D;\t&quot;'&#10;\r\n" L='>'><ofd:B>&lt;&#65;]]&gt;</ofd:B> <ofd:B M=""/>\r\n</ofd:A>`);
  assert.deepEqual([...a.attributes], [['K', ' 中 "\'\n '], ['L', '>']]);
  assert.deepEqual(a.all('B').map((b) => b.text), ['<A]]>', '']);
  assert.equal(a.text, '');
  assert.equal(read(`<p:A xmlns:p="http://www.ofdspec.org/2016" xmlns:q="other:one"><A xmlns="http://www.ofdspec.org/2016"/></p:A>`).children[0].name, 'A');
  assert.equal(read(`<ofd:A ${OFD} ${'K'.repeat(400000)}="${'v'.repeat(400000)}"/>`).attributes.size, 1);
  assert.equal(read(`<ofd:A ${OFD} ${Array.from({ length: 40000 }, (_, i) => `k${i}="${i}"`).join(' ')}/>`).attributes.size, 40000);
});

test('xml: what is refused', () => {
  const within = (/** @type {string} */ text) => `<ofd:A ${OFD}>${text}</ofd:A>`;
  const nested = (/** @type {number} */ depth) => '<ofd:A>'.repeat(depth) + '</ofd:A>'.repeat(depth);
  read(within(nested(11)));
  read(within('<ofd:B/>'.repeat(4095)));
  const bad = [
    '', ' ', `\ufeff${within('')}`, ` ${within('')}`, within('') + within(''), within('') + 'x', within('').slice(0, -1), '<ofd:A', '<',
    `<?xml version="1.1" encoding="UTF-8"?>${within('')}`, `<?xml version="1.0"?>${within('')}`, `<?xml version="1.0" encoding="GBK"?>${within('')}`,
    `<?xml encoding="UTF-8" version="1.0"?>${within('')}`, `<?XML version="1.0" encoding="UTF-8"?>${within('')}`, `<?xml version="1.0" encoding="UTF-8"?>x${within('')}`,
    `<?xml version="1.0" encoding="UTF-8"?>`, `<!DOCTYPE A>${within('')}`, `<!DOCTYPE A [<!ENTITY b "c">]>${within('&b;')}`, within('<!-- -->'), within('<?a b?>'), within('<![CDATA[x]]>'),
    within('&nbsp;'), within('&'), within('& '), within('&amp'), within('&#0;'), within('&#xD800;'), within('&#xFFFE;'), within('&#x110000;'), within('&#X41;'), within('&#;'), within('&__proto__;'), within(`&#${'9'.repeat(400)};`),
    within(']]>'), within('\0'), within('\x0b'), within('\ufffe'), within('<ofd:B>x</ofd:B>x'), within('<ofd:B></ofd:C>'), within('<ofd:B>'), within('</ofd:B>'), within('< ofd:B/>'), within('<ofd:B / >'), within('</ ofd:A>'),
    within('<B/>'), within('<b:B/>'), within('<ofd:B c:D=""/>'), within('<ofd:B xml:lang="zh"/>'), within('<ofd:B K="" K=""/>'), within('<ofd:B K=""L=""/>'), within('<ofd:B K/>'), within('<ofd:B K=x/>'), within('<ofd:B K="<"/>'),
    within('<ofd:B K="&b;"/>'), within('<ofd:B xmlns:ofd="other:one"/>'), within('<ofd:B xmlns:ofd=""/>'), within('<B xmlns=""/>'), within('<ofd:B xmlns:p="a" xmlns:p="a"/>'), within('<ofd:B xmlns:xml="a"/>'), within('<ofd:B xmlns:xmlns="a"/>'),
    within('<ofd:B xmlns:p="http://www.w3.org/2000/xmlns/"/>'), within('<ofd:B xmlns="http://www.w3.org/XML/1998/namespace"/>'), within('<ofd:B xmlns:p="a b"/>'), within('<ofd:1/>'), within('<ofd:B:C/>'), within('<:B/>'), within('<ofd:/>'), within('<文/>'),
    within(nested(12)), within('<ofd:B/>'.repeat(4096)), `<ofd:B ${OFD}/>`, '<A/>', '<A xmlns="http://www.ofdspec.org/2016/"/>', within('x'.repeat(1 << 20)),
  ];
  for (const text of bad) assert.throws(() => read(text), Malformed, text.slice(0, 80));
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    const [open, close] = within('|').split('|').map(utf8);
    assert.throws(() => read(concat(open, Uint8Array.from(bytes), close)), Malformed);
  }
});
