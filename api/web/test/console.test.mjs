/** The console and the regulator's page without a browser: words, what officers type, lists. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { FUND_ACTS, FUND_FIELDS, REGISTER_ACTS, donationFields } from '../src/console/acts.js';
import { TEXTS as CONSOLE } from '../src/console/texts.js';
import { TYPES } from '../src/console/types.js';
import * as v from '../src/console/values.js';
import { csvOf } from '../src/page/csv.js';
import { COLUMNS, textOf } from '../src/regulator/rows.js';
import { TEXTS as REGULATOR } from '../src/regulator/texts.js';
import { fromUtf8, hex } from '../src/verifier/bytes.js';
import { sm3 } from '../src/verifier/sm3.js';

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const LOGIN = ['app', 'frame', 'login', 'view-login', 'start', 'parts'].map((name) => `../src/keyed/${name}.js`);
const sourcesOf = (/** @type {string} */ folder) => [...LOGIN, ...readdirSync(new URL(`../src/${folder}/`, import.meta.url)).filter((name) => !name.startsWith('texts')).map((name) => `../src/${folder}/${name}`)].map(read).join('\n');
const PAGES = /** @type {const} */ ([['console', CONSOLE], ['regulator', REGULATOR]]);
const ALL = [...Object.values(FUND_ACTS), ...Object.values(REGISTER_ACTS)].flatMap((act) => act.fields).concat(FUND_FIELDS, donationFields(true), donationFields(false));

for (const [page, texts] of PAGES) {
  test(`${page}: both languages have the same texts, with the same places to fill, and every text is named`, () => {
    assert.deepEqual(Object.keys(texts.zh), Object.keys(texts.en));
    const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([p]) => p).sort();
    for (const [key, text] of Object.entries(texts.zh)) assert.deepEqual(places(text), places(texts.en[key]), key);
    const html = read(`../pages/${page}.html`);
    for (const [, key, shown] of html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)) assert.equal(texts.zh[key], shown, key);
    const sources = html + sourcesOf(page);
    for (const [, key] of sources.matchAll(/\bt\('([\w-]+)'/g)) assert.ok(key.endsWith('-') || texts.zh[key] !== undefined, key);
    const families = /^(f|h|c|why|act|group|bad|col|sum|state|source|refused|pin|in|period|votes|receipt|section|count|class|lead|home|ratios|related|gaps)-/;
    for (const key of Object.keys(texts.zh)) assert.ok(families.test(key) || sources.includes(`'${key}'`) || sources.includes(`"${key}"`), key);
  });
}

test('every act, field, choice and reason has words, and every field a type', () => {
  const { zh } = CONSOLE;
  for (const [kind, { group }] of [...Object.entries(FUND_ACTS), ...Object.entries(REGISTER_ACTS)]) assert.ok(zh[`act-${kind}`] && zh[`group-${group}`], kind);
  for (const field of ALL) {
    const label = field.label ?? field.name;
    assert.ok(TYPES[field.type], field.type);
    assert.ok(zh[`f-${label}`], label);
    for (const own of field.choices ?? []) assert.ok(zh[field.type === 'reason' ? `why-${own}` : `c-${label}-${own}`], `${label} ${own}`);
  }
});

test('every rule that a form can name has words', () => {
  const rules = new Set([...(sourcesOf('console').matchAll(/Invalid\(\s*(?:[^'()]*\? )?'([\w-]+)'(?: : '([\w-]+)')?/g))].flatMap(([, a, b]) => [a, b]).filter(Boolean));
  assert.ok(rules.size >= 18);
  for (const rule of rules) assert.ok(CONSOLE.zh[`bad-${rule}`], rule);
});

/** Members of the model that the service reads a kind with: name, and whether it must be there. @param {string} source @param {string} kind */
function membersOf(source, kind) {
  const body = new RegExp(`kind: Literal\\["${kind}"\\]\n([^]*?)\n\n\n`).exec(source)?.[1] ?? '';
  return [...body.matchAll(/^ {4}(\w+): (.*)$/gm)].map(([, name, type]) => ({ name, needed: !/None = None|= (Field\(default|\{|\[)/.test(type) }));
}

test('what a form sends is what the service reads', () => {
  const http = [['charity_schemas', FUND_ACTS], ['charity_events', REGISTER_ACTS]];
  for (const [file, acts] of /** @type {[string, typeof FUND_ACTS][]} */ (http)) {
    const source = read(`../../http/${file}.py`);
    for (const [kind, { fields, fixed = {} }] of Object.entries(acts)) {
      const members = membersOf(source, kind);
      const sent = [...fields.filter((field) => field.in !== 'notes').map((field) => field.in ?? field.name.replace('donation_no', 'donation')), ...Object.keys(fixed)];
      for (const name of sent) assert.ok(members.some((member) => member.name === name), `${kind}.${name}`);
      for (const { name, needed } of members) assert.ok(!needed || sent.includes(name), `${kind} without ${name}`);
    }
  }
});

test('the columns of a donation are those of the intake', () => {
  const columns = [...read('../../../certs/charity/intake.py').matchAll(/"([a-z_]+)"/g)].map((m) => m[1]);
  for (const { name } of [...donationFields(true), ...donationFields(false)]) assert.ok(columns.includes(name), name);
});

/** @param {() => any} action */
function rule(action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof v.Invalid) return error.rule;
    throw error;
  }
}

test('amounts as people type them, without a float', () => {
  const cases = { '1,234.50': 123450, '￥１２': 1200, '0.01': 1, '90071992547409.91': Number.MAX_SAFE_INTEGER, '90071992547409.92': 'large', '0': 'zero', '0.00': 'zero', '-5': 'negative', '1.005': 'fractions', '1e3': 'amount', '': 'empty', '12 元': 1200 };
  for (const [typed, wanted] of Object.entries(cases)) assert.equal(rule(() => v.fen(typed)), wanted, typed);
  assert.equal(v.fenOrZero('0.00'), 0);
  assert.equal(rule(() => v.units('1.5')), 'whole');
  for (const amount of [1, 99, 100, 123450, Number.MAX_SAFE_INTEGER]) assert.equal(v.fen(v.yuan(amount)), amount);
});

test('days, codes and numbers', () => {
  assert.equal(v.civilDay(Date.UTC(2026, 10, 1, 16) / 1000), '2026-11-02'); // midnight in China
  assert.equal(rule(() => v.day('2026-02-30', '2026-11-02')), 'day');
  assert.equal(rule(() => v.day('2026-11-03', '2026-11-02')), 'ahead');
  assert.equal(v.day('2026-11-03', '2026-11-02', true), '2026-11-03');
  assert.equal(v.uscc('53990000mj9t00037a'), '53990000MJ9T00037A');
  assert.equal(rule(() => v.uscc('53990000MJ9T00037B')), 'uscc-check');
  assert.equal(rule(() => v.uscc('53990000MJ9T0003')), 'uscc');
  assert.equal(v.filingNo('53990000MJ9T00037AA26001'), '53990000MJ9T00037AA26001');
  assert.equal(rule(() => v.filingNo('53990000MJ9T00037A26001')), 'filing');
  assert.deepEqual(v.list('b, a\na；b', (one) => one), ['a', 'b']);
});

test('a file is hashed here', async () => {
  const bytes = new Uint8Array(1000).fill(7);
  assert.equal(await v.digestOf(new File([bytes], 'voucher.pdf')), hex(sm3(bytes)));
  await assert.rejects(v.digestOf(new File([], 'empty.pdf')), v.Invalid);
});

test('CSV for spreadsheets: quoted, marked, and no formula of a charity’s making', () => {
  assert.equal(fromUtf8(csvOf([['a,b', '=1+1'], ['"x"', '-12.50'], ['@y', '-z']])), '\ufeff"a,b",\'=1+1\r\n"""x""",-12.50\r\n\'@y,\'-z\r\n');
});

test('rows of the regulator', () => {
  for (const name of Object.values(COLUMNS).flat()) assert.ok(REGULATOR.zh[`col-${name}`], name);
  assert.equal(textOf('amount', 123450, 'en'), 'CNY 1,234.50');
  assert.equal(textOf('source', { zh: '甲', en: 'a' }, 'zh'), '甲');
  assert.equal(textOf('days_late', 3, 'zh'), '3');
  assert.equal(textOf('state', 'met', 'zh', (key) => REGULATOR.zh[`state-${key}`]), '达标');
});

test('every class of a comparison with the bank has words', () => {
  const classes = [...read('../../../certs/charity/reconcile.py').matchAll(/^[A-Z_]+: Final = "([a-z-]+)"$/gm)].map((m) => m[1]);
  assert.ok(classes.length >= 12);
  for (const name of classes) assert.ok(CONSOLE.zh[`class-${name}`], name);
});
