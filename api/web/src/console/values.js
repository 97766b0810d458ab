/**
 * What officers type, read into what the ledger takes. Every reader throws Invalid with the name of the rule that is broken;
 * the words for it are texts `bad-<name>`. Amounts never become floats.
 */
import { hex } from '../verifier/bytes.js';
import { sm3 } from '../verifier/sm3.js';

export const MAX_AMOUNT = 2 ** 53 - 1;
export const MAX_FILE = 64 << 20; // bytes that are hashed in one go
const USCC = '0123456789ABCDEFGHJKLMNPQRTUWXY';

export class Invalid extends Error {
  /** @param {string} rule @param {Record<string, string>} [params] @param {string} [part] of the field: what its input's id ends with */
  constructor(rule, params = {}, part = '') {
    super(rule);
    this.rule = rule;
    this.params = params;
    this.part = part;
  }
}

/** As people and spreadsheets write numbers: full-width digits, separators of thousands, a sign of the currency. @param {string} typed */
const plain = (typed) => typed.normalize('NFKC').replace(/[\s,¥￥元]/g, '');

/** Fen of "1,234.50". @param {string} typed yuan @returns {number} */
export function fen(typed) {
  const text = plain(typed);
  if (!text) throw new Invalid('empty');
  const found = /^(\d{1,15})(?:\.(\d+))?$/.exec(text);
  if (!found) throw new Invalid(/^-/.test(text) ? 'negative' : 'amount');
  const [, whole, part = ''] = found;
  if (part.length > 2) throw new Invalid('fractions'); // rounding money is not the page's to do
  return positive(BigInt(whole) * 100n + BigInt(part.padEnd(2, '0')));
}

/** As `fen`, and nothing for nothing. @param {string} typed */
export const fenOrZero = (typed) => (/^0+(\.0{0,2})?$/.test(plain(typed)) ? 0 : fen(typed));

/** Whole units of goods. @param {string} typed @returns {number} */
export function units(typed) {
  const text = plain(typed);
  if (!text) throw new Invalid('empty');
  if (!/^\d{1,16}$/.test(text)) throw new Invalid('whole');
  return positive(BigInt(text));
}

/** @param {bigint} value */
function positive(value) {
  if (value === 0n) throw new Invalid('zero');
  if (value > BigInt(MAX_AMOUNT)) throw new Invalid('large');
  return Number(value);
}

/** "1234.50" of 123450: what `fen` reads back. @param {number} amount */
export const yuan = (amount) => `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;

/** Text as it will be published. @param {string} typed @param {number} max characters @returns {string} */
export function text(typed, max) {
  const found = typed.normalize('NFC').trim();
  if (!found) throw new Invalid('empty');
  if ([...found].length > max) throw new Invalid('long', { n: String(max) });
  if (/\p{Cc}|\p{Cs}/u.test(found)) throw new Invalid('sign');
  return found;
}

/** The civil day in China at that moment, "2026-11-02". @param {number} seconds since 1970 */
export const civilDay = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 10);

/** @param {string} typed @param {string} today @param {boolean} [ahead] whether it may be later than today */
export function day(typed, today, ahead = false) {
  if (!typed) throw new Invalid('empty');
  const found = new Date(`${typed}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(typed) || Number.isNaN(found.valueOf()) || found.toISOString().slice(0, 10) !== typed) throw new Invalid('day');
  if (!ahead && typed > today) throw new Invalid('ahead');
  return typed;
}

/** GB 32100-2015. @param {string} typed @returns {string} */
export function uscc(typed) {
  const found = typed.normalize('NFKC').replace(/\s/g, '').toUpperCase();
  if (!found) throw new Invalid('empty');
  const digits = [...found].map((sign) => USCC.indexOf(sign));
  if (found.length !== 18 || digits.includes(-1)) throw new Invalid('uscc');
  const sum = digits.slice(0, 17).reduce((total, digit, i) => total + digit * 3 ** i % 31, 0);
  if ((31 - (sum % 31)) % 31 !== digits[17]) throw new Invalid('uscc-check');
  return found;
}

/** Filing number of a fundraising plan. @param {string} typed @returns {string} */
export function filingNo(typed) {
  const found = typed.normalize('NFKC').replace(/\s/g, '').toUpperCase();
  if (!found) throw new Invalid('empty');
  if (!/^[0-9A-Z]{18}A\d{5}$/.test(found)) throw new Invalid('filing');
  uscc(found.slice(0, 18));
  return found;
}

/** A list, one a line or with commas between; each once, ascending, as the events have them. @param {string} typed @param {(one: string) => string} read */
export function list(typed, read) {
  return [...new Set(typed.split(/[\s,，、;；]+/).filter(Boolean).map(read))].sort();
}

/** SM3 of a file, in the browser: the file goes nowhere. @param {File} file @returns {Promise<string>} 64 hexadecimal digits */
export async function digestOf(file) {
  if (file.size === 0) throw new Invalid('file-empty');
  if (file.size > MAX_FILE) throw new Invalid('file-large');
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Invalid('file-unreadable'); // such as one that was removed since
  }
  return hex(sm3(bytes));
}
