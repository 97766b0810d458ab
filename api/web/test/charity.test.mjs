/** The charities' page without a browser: words, addresses, shares, spans of time, and what the check says of leaves. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { amountText, dayNumber, fraction, shareText } from '../src/charity/amounts.js';
import { spansOf } from '../src/charity/picture.js';
import { address, placeOf } from '../src/charity/place.js';
import { TEXTS } from '../src/charity/texts.js';
import { TEXTS as CONSOLE } from '../src/console/texts.js';

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const SOURCES = readdirSync(new URL('../src/charity/', import.meta.url)).filter((name) => !name.startsWith('texts'));

test('both languages have the same texts, with the same places to fill', () => {
  assert.deepEqual(Object.keys(TEXTS.zh).sort(), Object.keys(TEXTS.en).sort());
  const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([p]) => p).sort();
  for (const [key, text] of Object.entries(TEXTS.zh)) assert.deepEqual(places(text), places(TEXTS.en[key]), key);
  for (const [key, text] of Object.entries(TEXTS.en)) assert.ok(key === 'language' || key === 'language-label' || !/[一-鿿]/.test(text), key);
});

test('every text that is named exists, and every text is named', () => {
  const html = read('../pages/charity.html');
  const named = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)];
  assert.equal(named.length, html.split('data-t=').length - 1);
  for (const [, key, shown] of named) assert.equal(TEXTS.zh[key], shown, key);
  const sources = html + SOURCES.map((name) => read(`../src/charity/${name}`)).join('\n');
  for (const [, key] of sources.matchAll(/\bt\('([a-z-]+)'/g)) assert.ok(key.endsWith('-') || TEXTS.zh[key] !== undefined, key);
  const families = /^(total|class|payee|state|event|because|check|ratio)-/;
  for (const key of Object.keys(TEXTS.zh)) assert.ok(families.test(key) || sources.includes(`'${key}'`) || sources.includes(`"${key}"`), key);
});

test('whatever the overview can say has words', () => {
  const python = read('../../../certs/charity/overview.py');
  const list = (/** @type {string} */ name) => [...(new RegExp(`^${name}: Final = \\(([^)]*)\\)`, 'm').exec(python)?.[1] ?? '').matchAll(/"([a-z_]+)"/g)].map((m) => m[1]);
  const found = [list('CLASSES').map((n) => `class-${n}`), list('PAYEES').map((n) => `payee-${n}`), list('IN').map((n) => `total-${n}`)];
  const states = [...(/def state\(self\)[^]*?def shown/.exec(python)?.[0] ?? '').matchAll(/"([a-z]+)"/g)].map((m) => `state-${m[1]}`);
  const reasons = [...read('../../../verifier/charity/events.py').matchAll(/@kind\(\s*\d+,\s*"([a-z_]+)"(?:(?!@kind)[^])*?reason: Because/g)].map((m) => `event-${m[1]}`);
  assert.deepEqual([...found.map((names) => names.length), states.length], [4, 4, 5, 5]);
  assert.ok(reasons.length >= 8);
  for (const key of [...found.flat(), ...states, ...reasons]) assert.ok(TEXTS.zh[key], key);
});

test('reasons are worded as the charity saw them when it chose one', () => {
  const ours = (/** @type {'zh' | 'en'} */ lang) => Object.entries(TEXTS[lang]).filter(([key]) => key.startsWith('because-')).map(([key, text]) => [key.slice(8), text]);
  for (const lang of /** @type {const} */ (['zh', 'en'])) {
    const theirs = Object.entries(CONSOLE[lang]).filter(([key]) => key.startsWith('why-')).map(([key, text]) => [key.slice(4), text]);
    assert.ok(theirs.length > 10);
    assert.deepEqual(ours(lang), theirs);
  }
});

test('what stands behind # is a place, or the list', () => {
  const book = '00112233445566778899aabbccddeeff';
  assert.deepEqual(placeOf(`#${book}`), { view: 'fund', book });
  assert.deepEqual(placeOf(address(book, '校园/午餐')), { view: 'project', book, project: '校园/午餐' });
  assert.deepEqual(placeOf('#53990000MJ9T00037A'), { view: 'charity', uscc: '53990000MJ9T00037A' });
  assert.deepEqual(placeOf(`#${book}/%E0%A4%A`), { view: 'fund', book });
  for (const hash of ['', '#', '#<script>', `#${book.toUpperCase()}`, `#${book}0`, '#../../v1/verify']) assert.deepEqual(placeOf(hash), { view: 'list' }, hash);
});

test('amounts and shares without floats', () => {
  assert.equal(amountText(9007199254740991, null, 'zh'), '90,071,992,547,409.91 元');
  assert.equal(amountText(1200, { item: 'quilt', unit: '床' }, 'zh'), '1,200 床');
  assert.deepEqual([shareText(1, 3), shareText(2, 3), shareText(1, 2000), shareText(0, 5), shareText(0, 0), shareText(5, 5)], ['33.3%', '66.7%', '0.1%', '0.0%', '–', '100.0%']);
  assert.deepEqual([fraction(1, 0), fraction(1, 4), fraction(9, 4)], [0, 0.25, 1]);
});

test('days become at most 24 spans that lose nothing', () => {
  const iso = (/** @type {number} */ day) => new Date(day * 86400000).toISOString().slice(0, 10);
  assert.equal(dayNumber('2026-09-04'), 20700);
  assert.deepEqual(spansOf([]), []);
  for (const gaps of [[0], [0, 1], [0, 23], [0, 24], [0, 7, 365, 3650]]) {
    const spans = spansOf(gaps.map((gap, i) => ({ day: iso(20700 + gap), in: 10 + i, out: i })));
    assert.ok(spans.length <= 24);
    assert.equal(spans.reduce((sum, s) => sum + s.in - s.out, 0), 10 * gaps.length);
    assert.equal(spans[0].first, 20700);
    for (let i = 1; i < spans.length; i++) assert.equal(spans[i].first, spans[i - 1].last + 1);
  }
});
