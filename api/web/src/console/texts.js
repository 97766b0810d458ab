/** Both tables. Static texts of the page carry their key as `data-t`. */
import { EN } from './texts-en.js';
import { ZH } from './texts-zh.js';

/** @type {Record<'zh' | 'en', Record<string, string>>} */
export const TEXTS = { zh: ZH, en: EN };
