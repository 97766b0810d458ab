/** The JavaScript verifier and page against the Python sources: same numbers, same reasons, a word for everything. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FIELDS, valueText } from '../src/page/field-names.js';
import * as texts from '../src/page/texts.js';
import * as labels from '../src/verifier/labels.js';
import { REASONS, outcomeOf } from '../src/verifier/report.js';

const python = (/** @type {string} */ path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('every label has the value that verifier/labels.py gives it', () => {
  const theirs = new Map();
  for (const [, name, value] of python('verifier/labels.py').matchAll(/^([A-Z0-9_]+): Final = (-?\d+|"[^"]*")/gm)) {
    theirs.set(name, value.startsWith('"') ? value.slice(1, -1) : Number(value));
  }
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value === 'object') continue;
    assert.equal(value, theirs.get(name), name);
  }
  assert.ok(theirs.size > 40);
});

test('the known kinds and depths are those of verifier/labels.py', () => {
  const line = /SLOT_DEPTH: Final = \{(.*)\}/.exec(python('verifier/labels.py'))?.[1] ?? '';
  const theirs = [...line.matchAll(/\((\w+), (\d+)\): (\d+)/g)].map(([, kind, version, depth]) => [
    `${/** @type {any} */ (labels)[kind]}/${version}`, Number(depth),
  ]);
  assert.deepEqual(Object.fromEntries(theirs), labels.SLOT_DEPTH);
});

test('the limits are those of the Python modules', () => {
  /** @type {[string, string, string][]} */
  const pairs = [
    ['code', 'code', 'MAX_CHARS'], ['code', 'code', 'MAX_URL_CHARS'], ['merkle', 'merkle', 'MAX_PATH'],
    ['cbor', 'cbor', 'MAX_DEPTH'], ['credential', 'credential', 'MAX_STATEMENT_BYTES'],
    ['credential', 'credential', 'MAX_DISCLOSURES'], ['credential', 'credential', 'MAX_RECEIPTS'],
    ['credential', 'credential', 'MAX_SLOT_DEPTH'], ['status-list', 'status_list', 'MIN_ENTRIES'],
    ['receipt', 'receipt', 'MAX_RECEIPT_BYTES'], ['fields', 'fields', 'CLOCK_SKEW'], ['fields', 'fields', 'MAX_TIME'],
    ['credential', 'credential', 'MAX_CHECKPOINTS'], ['credential', 'credential', 'MAX_CHECKPOINT_BYTES'],
    ['checkpoint', 'checkpoint', 'MAX_NOTE_BYTES'], ['checkpoint', 'checkpoint', 'MAX_SIGNATURES'],
    ['quorum', 'quorum', 'MAX_WITNESSES'], ['quorum', 'quorum', 'MAX_GROUPS'],
    ['consensus', 'consensus', 'MAX_VALIDATORS'], ['consensus', 'consensus', 'MAX_NETWORK_CHARS'],
    ['finality/mpt', 'finality/mpt', 'MAX_NODES'], ['finality/rlp', 'finality/rlp', 'MAX_DEPTH'],
    ['finality/ics23', 'finality/ics23', 'MAX_DEPTH'], ['finality/ics23', 'finality/ics23', 'MAX_BYTES'],
    ['finality/qbft', 'finality/qbft', 'MAX_HEADER_BYTES'],
    ['der', 'der', 'MAX_BYTES'], ['der', 'der', 'MAX_DEPTH'], ['der', 'der', 'MAX_NODES'], ['der', 'der', 'MAX_INTEGER'],
    ['der', 'der', 'MAX_OID'], ['x509', 'x509', 'MAX_BYTES'], ['x509', 'x509', 'MAX_SERIAL'], ['x509', 'x509', 'MAX_EXTENSIONS'],
    ['crl', 'crl', 'MAX_BYTES'], ['certpath', 'certpath', 'MAX_LENGTH'], ['ses', 'ses', 'MAX_BYTES'], ['ses', 'ses', 'MAX_SEAL_BYTES'],
    ['ses', 'ses', 'MAX_CERTIFICATES'], ['ses', 'ses', 'MAX_TEXT'], ['ses', 'ses', 'MAX_MILLIMETRES'], ['ofdxml', 'ofdxml', 'MAX_BYTES'],
    ['ofdxml', 'ofdxml', 'MAX_DEPTH'], ['ofdxml', 'ofdxml', 'MAX_ELEMENTS'], ['ofdfile', 'ofdfile', 'MAX_CUSTOM'],
    ['ofdfile', 'ofdfile', 'MAX_STAMPS'], ['package', 'package', 'MAX_BYTES'], ['package', 'package', 'MAX_MEMBERS'],
    ['package', 'package', 'MAX_NAME'], ['rendition', 'rendition', 'MAX_BYTES'],
    ['answer', 'answer', 'MAX_BYTES'], ['answer', 'answer', 'SALT_BYTES'], ['answer', 'answer', 'MAX_REASONS'],
    ['answer-keys', 'answerkeys', 'MAX_ANSWER_KEYS'], ['presentation', 'presentation', 'MAX_BINDING_BYTES'],
    ['presentation', 'presentation', 'MAX_LIFE'], ['presentation', 'presentation', 'MAX_BINDING_LIFE'],
  ];
  for (const [ours, theirs, name] of pairs) {
    const value = (/** @type {string} */ text, /** @type {RegExp} */ form) => {
      const [base, shift = '0'] = (form.exec(text)?.[1] ?? '').replaceAll('_', '').split('<<');
      return base.split('*').reduce((product, factor) => product * Number(factor), 1) * 2 ** Number(shift);
    };
    const js = value(python(`api/web/src/verifier/${ours}.js`), new RegExp(`const ${name} = ([\\d *<]+);`));
    const py = value(python(`verifier/${theirs}.py`), new RegExp(`^${name}: Final = ([\\d_ *<]+)`, 'm'));
    assert.ok(py > 0, name);
    assert.equal(js, py, name);
  }
});

test('the reasons are those of verifier/report.py, in both languages', () => {
  const theirs = [...python('verifier/report.py').matchAll(/^    ([A-Z_0-9]+) = "\1"$/gm)].map((m) => m[1]);
  const outcomes = ['PASSED', 'FAILED', 'INDETERMINATE'];
  assert.deepEqual(theirs.filter((r) => !outcomes.includes(r)), REASONS);
  for (const lang of /** @type {const} */ (['zh', 'en'])) {
    for (const reason of REASONS) assert.ok(texts.REASONS[lang][reason], `${lang} ${reason}`);
    for (const outcome of outcomes) assert.ok(texts.OUTCOMES[lang][outcome]);
  }
  assert.equal(new Set(REASONS.map(outcomeOf)).size, 3);
});

test('whatever can be missing has a name in both languages', () => {
  const sources = ['assess', 'levels', 'documents'].map((name) => python(`verifier/${name}.py`)).join('');
  const whats = [...sources.matchAll(/Need\("([a-z-]+)"/g)].map((m) => m[1]);
  assert.ok(new Set(whats).size >= 10);
  for (const what of whats) assert.ok(texts.NEEDS.zh[what] && texts.NEEDS.en[what], what);
  for (const reason of ['ANCHOR_MISSING', 'ANCHOR_PROOF_INVALID', 'ANCHOR_UNKNOWN_CHAIN']) assert.ok(texts.EVIDENCE.zh[reason], reason);
});

test('every clause of a step is the one that verifier/assess.py names', () => {
  const clauses = (/** @type {string} */ text) => [...text.matchAll(/^ +(\d+): ["'](.*)["'],$/gm)].map(([, step, clause]) => `${step} ${clause}`);
  assert.deepEqual(clauses(python('api/web/src/verifier/assess.js')), clauses(python('verifier/assess.py')));
  assert.equal(clauses(python('verifier/assess.py')).length, 11);
});

test('both languages have the same texts', () => {
  for (const [name, table] of Object.entries(texts)) {
    assert.deepEqual(Object.keys(table.zh), Object.keys(table.en), name);
  }
});

test('every text that the page names exists', () => {
  const html = readFileSync(new URL('../pages/verify.html', import.meta.url), 'utf8');
  const named = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)];
  assert.equal(named.length, html.split('data-t=').length - 1);
  assert.ok(named.length >= 20);
  for (const [, key, shown] of named) assert.equal(texts.PAGE.zh[key], shown, key);
});

test('codes of people have the labels of certs/kinds/codes.py, whoever the person is', () => {
  const source = python('certs/kinds/codes.py');
  for (const [table, field] of [['SEX', 'minor_sex'], ['DOCUMENT_TYPE', 'guardian_document_type']]) {
    const rows = [...(new RegExp(`^${table}: Final = \\{(.*?)^\\}`, 'ms').exec(source)?.[1] ?? '').matchAll(/"(\w+)": \("([^"]+)", "([^"]+)"\)/g)];
    assert.ok(rows.length >= 4, table);
    for (const [, code, zh, en] of rows) {
      assert.equal(valueText(field, code, 'zh'), zh);
      assert.equal(valueText(field, code, 'en').replace('’', "'"), en);
    }
  }
});

test('the kinds that the page knows by itself are called as in certs/kinds', () => {
  for (const [number, folder] of [[1, 'marriage'], [2, 'divorce'], [3, 'donation']]) {
    const source = python(`certs/kinds/${folder}/claims.py`);
    assert.equal(/^ {4}zh="(.*)",$/m.exec(source)?.[1], texts.KINDS.zh[number]);
    assert.equal(/^ {4}en="(.*)",$/m.exec(source)?.[1], texts.KINDS.en[number].toLowerCase());
  }
});

test('every field of the shipped kinds has the label of certs/kinds', () => {
  for (const kind of ['marriage', 'donation']) {
    const source = python(`certs/kinds/${kind}/claims.py`);
    for (const [, name, zh] of source.matchAll(/\("(\w+)", (?:True|False), "([^"]+)", "[^"]+"\)/g)) {
      assert.ok(FIELDS[name], name);
      if (name !== 'amount_fen') assert.equal(FIELDS[name][0], zh, name);
    }
  }
  assert.equal(FIELDS.spouse_document_number[0], '配偶身份证件号');
});
