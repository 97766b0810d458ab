/** The donor's page without a browser: words, receipt codes against the golden vectors, the flow and its drawing. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { looksLikeReceipt, parseReceipt, parseWatch } from '../src/donor/code.js';
import { costs, flowOf, layout } from '../src/donor/flow.js';
import { TEXTS } from '../src/donor/texts.js';
import { isTrace } from '../src/donor/trace.js';
import { hex } from '../src/verifier/bytes.js';

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const golden = (/** @type {string} */ name) => JSON.parse(read(`../../../tests/golden/formats/${name}.json`));
const SOURCES = readdirSync(new URL('../src/donor/', import.meta.url)).filter((name) => !name.startsWith('texts'));

test('both languages have the same texts, with the same places to fill', () => {
  assert.deepEqual(Object.keys(TEXTS.zh).sort(), Object.keys(TEXTS.en).sort());
  const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([p]) => p).sort();
  for (const [key, text] of Object.entries(TEXTS.zh)) assert.deepEqual(places(text), places(TEXTS.en[key]), key);
  for (const [key, text] of Object.entries(TEXTS.en)) assert.ok(key.startsWith('language') || !/[一-鿿]/.test(text), key);
});

test('every text that is named exists, and every text is named', () => {
  const html = read('../pages/donor.html');
  const named = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)];
  assert.equal(named.length, html.split('data-t=').length - 1);
  for (const [, key, shown] of named) assert.equal(TEXTS.zh[key], shown, key);
  const sources = html + SOURCES.map((name) => read(`../src/donor/${name}`)).join('\n') + read('../src/page/camera.js');
  for (const [, key] of sources.matchAll(/\bt\('([a-z-]+)'/g)) assert.ok(TEXTS.zh[key] !== undefined, key);
  const families = /^(node|class|level|said|why|waiting|stage|column|L\d|follow|camera)-/;
  for (const key of Object.keys(TEXTS.zh)) assert.ok(families.test(key) || sources.includes(`'${key}'`) || sources.includes(`"${key}"`), key);
});

test('every state and outcome that the verifier can name has words', () => {
  const states = [...read('../../../verifier/charity/follow.py').matchAll(/^    [A-Z_]+ = "([a-z-]+)"$/gm)].map(([, state]) => state);
  assert.equal(states.length, 9);
  for (const state of states) assert.ok(TEXTS.zh[`node-${state}`], state);
  for (const outcome of ['PASSED', 'FAILED', 'INDETERMINATE']) assert.ok(TEXTS.zh[outcome] && TEXTS.zh[`said-${outcome}`]);
  for (const key of Object.keys(TEXTS.zh).filter((name) => name.startsWith('why-'))) assert.match(read('../src/verifier/report.js'), new RegExp(`'${key.slice(4)}'`));
});

test('receipt codes of the vectors, as people paste them', () => {
  const { accepted, refused } = golden('receipt-code');
  assert.ok(accepted.length && refused.length);
  for (const { donation_hex: donation, secret_hex: secret, text, url } of accepted) {
    for (const spelling of [text, url, `  ${text}\n`, `\ufeff${url.replace('/d#', '/d#\n')} `]) {
      const found = parseReceipt(spelling);
      assert.ok(found && looksLikeReceipt(spelling.trim()));
      assert.deepEqual([hex(found.donation), hex(found.secret)], [donation, secret]);
    }
  }
  for (const { name, text } of refused) assert.equal(parseReceipt(text), null, name);
  for (const text of ['', 'MZ1:6BF', 'MZD1:', 'https://minzheng.example/v#oRY', 'MZD1:火']) assert.equal(parseReceipt(text), null, text);
});

test('an address of a mail is a watch and no receipt', () => {
  const found = parseWatch(`#w${'A'.repeat(42)}E`);
  assert.ok(found);
  assert.equal(hex(found.token), `${'00'.repeat(15)}01`);
  for (const hash of ['', '#w', `#w${'A'.repeat(42)}`, `#w${'A'.repeat(44)}`, `#${'A'.repeat(44)}`, `#w${'A'.repeat(42)}B`]) assert.equal(parseWatch(hash), null, hash);
});

test('a trace is known by how it begins', () => {
  assert.ok(isTrace(Uint8Array.of(0xa5, 1, 1, 2)));
  assert.ok(!isTrace(Uint8Array.of(0xa5, 1, 2, 2)) && !isTrace(Uint8Array.of(0x89, 0x50)) && !isTrace(new Uint8Array()));
});

const part = (/** @type {string} */ state, /** @type {number} */ amount, /** @type {object} */ more = {}) => (
  { state, amount, book: 'a', serials: /** @type {[number, number]} */ ([0, amount]), outflow: null, day: null, cost_class: null, allocation: null, reference: null, settlement: null, ...more });

test('a flow loses nothing and names every way once', () => {
  const portions = [
    part('acknowledged', 40, { allocation: 1, cost_class: 1 }), part('paid', 10, { allocation: 1, cost_class: 1 }), part('paid', 5, { allocation: 1, cost_class: 3 }),
    part('paid', 5, { allocation: 1, cost_class: 4, book: 'b' }), part('waiting', 30), part('waiting', 5), part('returned-to-donor', 5),
  ];
  const flow = flowOf(portions);
  assert.equal(flow.total, 100);
  assert.deepEqual(flow.nodes.map((n) => [n.stage, n.kind, n.no, n.amount]), [
    [0, 'gift', 0, 100], [1, 'allocation', 1, 55], [1, 'allocation', 1, 5], [1, 'waiting', 0, 35], [1, 'returned-to-donor', 0, 5],
    [2, 'class', 1, 50], [2, 'class', 3, 5], [2, 'class', 4, 5], [3, 'acknowledged', 0, 40], [3, 'paid', 0, 20],
  ]);
  for (const node of flow.nodes.slice(1)) {
    assert.equal(flow.links.filter((l) => l.to === node.id).reduce((n, l) => n + l.amount, 0), node.amount);
    assert.deepEqual(flow.links.filter((l) => l.to === node.id).map((l) => l.from).sort(), [...node.from].sort());
  }
  assert.deepEqual(costs(portions), [{ no: 1, amount: 50 }, { no: 3, amount: 5 }, { no: 4, amount: 5 }]);
});

test('bars keep to scale and apart, however small', () => {
  for (const portions of [[part('waiting', 1)], [part('waiting', 2 ** 53 - 2), part('reversed', 1)], [...Array(40).keys()].map((n) => part('paid', n + 1, { allocation: n, cost_class: 1 }))]) {
    const { boxes, ribbons, breadth } = layout(flowOf(portions), { length: 600, breadth: 300, room: 30 });
    for (const [i, box] of boxes.entries()) {
      assert.ok(box.size >= 2 && box.start + box.size <= breadth && box.at <= 600);
      const next = boxes[i + 1];
      if (next?.node.stage === box.node.stage) assert.ok(next.start >= box.start + Math.max(box.size, 30));
    }
    for (const r of ribbons) assert.ok(r.from.at < r.to.at && r.a >= r.from.start && r.b + r.size <= r.to.start + r.to.size + 1.01);
    assert.equal(boxes[0].node.kind, 'gift');
  }
});
