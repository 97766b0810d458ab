/** Rows of the regulator's lists as people read them. */
import { fenText } from '../page/format.js';

const FIRST = ['name', 'charity', 'rule', 'title', 'subject', 'source', 'due', 'days_late'];
const HIDDEN = new Set(['book', 'page']);

/** Members that any row has, the important ones first. @param {any[]} rows @returns {string[]} */
export function columnsOf(rows) {
  const found = new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => !HIDDEN.has(name)));
  return [...FIRST.filter((name) => found.delete(name)), ...found];
}

/** @param {string} name @param {any} value @param {'zh' | 'en'} lang @returns {string} */
export function textOf(name, value, lang) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return lang === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no';
  if (typeof value === 'number' && /(_fen|^amount|^difference|^credits|^debits|^recorded)$/.test(name)) return fenText(value, lang);
  if (Array.isArray(value)) return value.map((one) => textOf(name, one, lang)).join(' ');
  if (typeof value === 'object') return String(value[lang] ?? value.zh ?? '');
  return String(value);
}
