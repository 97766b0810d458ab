/** Both tables. Static texts of the page carry their key as `data-t`. */
import { EN } from './texts-en.js';
import { ZH } from './texts-zh.js';

/** @typedef {'zh' | 'en'} Lang */
/** @type {Record<Lang, Record<string, string>>} */
export const TEXTS = { zh: ZH, en: EN };

/** @param {Lang} lang @returns {(key: string, params?: Record<string, string | number | bigint>) => string} */
export function said(lang) {
  return (key, params = {}) => TEXTS[lang][key].replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? ''));
}
