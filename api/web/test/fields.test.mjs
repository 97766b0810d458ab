import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELDS, fieldLabel, valueText } from '../src/page/field-names.js';
import { fenText } from '../src/page/format.js';
import { sortFile, tidyCode } from '../src/page/inputs.js';

test('fields and values called like members of every object are shown as they are', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    assert.equal(fieldLabel(name, 'zh'), name);
    for (const value of ['__proto__', 'constructor', 'name', 'length', 'toString']) {
      assert.equal(valueText(name, value, 'zh'), value);
      assert.equal(valueText('holder_sex', value, 'en'), value);
    }
  }
  assert.equal(valueText('holder_sex', '1', 'en'), 'male');
  assert.equal(fieldLabel('zihao', 'zh'), FIELDS.zihao[0]);
});

test('amounts below zero and beyond 2^53 are written right', () => {
  assert.equal(fenText(-150, 'en'), 'CNY -1.50');
  assert.equal(fenText(-5n, 'zh'), '-0.05 元');
  assert.equal(fenText((1n << 63n) - 1n, 'en'), 'CNY 92,233,720,368,547,758.07');
});

test('blanks go from an address and stay in base45', () => {
  assert.equal(tidyCode(' https://a.example/v#AA BB\u00a0C\nC '), 'https://a.example/v#AABBCC');
  assert.equal(tidyCode(' MZ1:AA BB\r\nCC'), 'MZ1:AA BBCC');
});

test('a text file with a byte order mark', async () => {
  assert.deepEqual(await sortFile(new Blob(['\ufeffMZ1:ABC'])), { kind: 'code', code: 'MZ1:ABC' });
});
