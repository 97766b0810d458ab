import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusPath } from '../src/page/checker.js';
import { ageText, dayText, fenText } from '../src/page/format.js';
import { codeFromHash, looksLikeCode, sortFile, tidyCode } from '../src/page/inputs.js';

const blob = (/** @type {any[]} */ ...parts) => new Blob(parts);

test('the path of a status list comes from a whole, plain address and holds its number only', () => {
  assert.equal(statusPath('https://minzheng.example/v1/status-lists/1'), '/v1/status-lists/1');
  assert.equal(statusPath('http://127.0.0.1:8080/v1/status-lists/42'), '/v1/status-lists/42');
  const bad = ['https://minzheng.example/v1/status-lists/', 'https://minzheng.example/v1/status-lists/1?c=2',
    'https://minzheng.example/v1/status-lists/../../x', 'https://minzheng.example/x/v1/status-lists/1', 'javascript:1',
    'https://minzheng.example/v1/status-lists/01', 'https://minzheng.example/v1/status-lists/99999999',
    'https://u@minzheng.example/v1/status-lists/1', '/v1/status-lists/1', 'https://minzheng.example/v1/status-lists/1\n'];
  for (const uri of bad) assert.equal(statusPath(uri), null, uri);
});

test('pasted text loses line breaks and blanks around it', () => {
  assert.equal(tidyCode('  MZ1:BB8\r\nBB8 \n'), 'MZ1:BB8BB8');
  assert.equal(tidyCode('\ufeffhttps://a.example/v#QUI\n'), 'https://a.example/v#QUI');
});

test('what is at least meant to be a code', () => {
  assert.ok(looksLikeCode('MZ1:') && looksLikeCode('https://a.example/v#x'));
  assert.ok(!looksLikeCode('https://a.example/other#x') && !looksLikeCode('weixin://x') && !looksLikeCode(''));
});

test('a short fragment is a link inside the page', () => {
  assert.equal(codeFromHash('#main'), null);
  assert.equal(codeFromHash(''), null);
  assert.equal(codeFromHash('#' + 'A'.repeat(200)), 'https://this.page/v#' + 'A'.repeat(200));
});

test('files are sorted by content', async () => {
  assert.deepEqual(await sortFile(blob('%PDF-1.7 …')), { kind: 'problem', name: 'pdf' });
  assert.deepEqual(await sortFile(blob('PK\x03\x04 …')), { kind: 'problem', name: 'ofd' });
  assert.deepEqual(await sortFile(blob(' MZ1:BB8\n')), { kind: 'code', code: 'MZ1:BB8' });
  assert.equal((await sortFile(blob(Uint8Array.of(0xd2, 0x84, 0)))).kind, 'file');
  assert.deepEqual(await sortFile(blob(Uint8Array.of(0xd2, 0x84), new Uint8Array(300000))), { kind: 'problem', name: 'too-large' });
  assert.equal((await sortFile(blob(Uint8Array.of(0x89, 0x50, 0x4e, 0x47)))).kind, 'picture');
  assert.equal((await sortFile(blob())).kind, 'picture');
});

test('evidence is told by its content: notes, proofs, and observations, which are refused', async () => {
  const proof = Uint8Array.of(0xa8, 1, 0x6e, ...new TextEncoder().encode('anchor-proof/1'), 2);
  assert.equal((await sortFile(blob(proof))).kind, 'proof');
  assert.deepEqual(await sortFile(blob(proof, new Uint8Array(65536))), { kind: 'problem', name: 'too-large' });
  const note = `log.example/a\n11\n${'A'.repeat(43)}=\n\n\u2014 log.example/a AAAA\n`;
  assert.equal((await sortFile(blob(note))).kind, 'checkpoint');
  assert.equal((await sortFile(blob(note.replace('log.example/a\n', `${'\u4e2d'.repeat(200)}\n`)))).kind, 'checkpoint');
  for (const other of [note.replace('\u2014', '-'), note.replace('11', '011'), note.replace('=', ''), `\n${note}`]) {
    assert.equal((await sortFile(blob(other))).kind, 'picture', other);
  }
  assert.deepEqual(await sortFile(blob(Uint8Array.of(0xaa, 1, 1, 2, 0))), { kind: 'problem', name: 'observation' });
});

test('amounts are exact beyond what a float holds', () => {
  assert.equal(fenText(10000, 'zh'), '100.00 元');
  assert.equal(fenText(9223372036854775807n, 'en'), 'CNY 92,233,720,368,547,758.07');
  assert.equal(fenText(5, 'zh'), '0.05 元');
});

test('days and ages', () => {
  assert.equal(dayText(20453, 'zh'), '2025年12月31日');
  assert.equal(ageText(30, 'zh'), '刚刚发布');
  assert.equal(ageText(7200, 'en'), 'published 2 hours ago');
});
