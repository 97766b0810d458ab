/** Rows of the regulator's lists as people read them. */
import { fenText } from '../page/format.js';

/** Columns of each list, by its path. @type {Record<string, string[]>} */
export const COLUMNS = {
  overdue: ['name', 'charity', 'rule', 'title', 'subject', 'aspect', 'said', 'source', 'due', 'days_late'],
  ratios: ['name', 'charity', 'year', 'rule', 'title', 'value', 'limit', 'state', 'source'],
  'related-parties': ['name', 'charity', 'party', 'relation', 'important', 'since', 'until', 'what', 'amount'],
  gaps: ['name', 'charity', 'day', 'what', 'bank', 'recorded', 'difference'],
};
const MONEY = new Set(['amount', 'bank', 'recorded', 'difference']);

/** @param {string} name @param {any} value @param {'zh' | 'en'} lang @param {(key: string) => string} [word] of a state @returns {string} */
export function textOf(name, value, lang, word = (key) => key) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return lang === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no';
  if (typeof value === 'number' && MONEY.has(name)) return fenText(value, lang);
  if (Array.isArray(value)) return value.map((one) => textOf(name, one, lang)).join(' ');
  if (typeof value === 'object') return String(value[lang] ?? value.zh ?? '');
  return name === 'state' ? word(String(value)) : String(value);
}
