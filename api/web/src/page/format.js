/** Amounts, days and ages for readers. Dates are Beijing's, whatever the device's time zone. */

/** @typedef {'zh' | 'en'} Lang */
const ZONE = 'Asia/Shanghai';

/** @param {Lang} lang */
const locale = (lang) => (lang === 'zh' ? 'zh-CN' : 'en-GB');

/** "¥1,234.50" from fen, without floats. @param {number | bigint} fen @param {Lang} lang @returns {string} */
export function fenText(fen, lang) {
  const signed = BigInt(fen);
  const sign = signed < 0n ? '-' : '';
  const value = signed < 0n ? -signed : signed;
  const yuan = new Intl.NumberFormat('en-US').format(value / 100n);
  const rest = (value % 100n).toString().padStart(2, '0');
  return lang === 'zh' ? `${sign}${yuan}.${rest} 元` : `CNY ${sign}${yuan}.${rest}`;
}

/** A calendar day counted from 1970-01-01. @param {number} day @param {Lang} lang */
export function dayText(day, lang) {
  return new Intl.DateTimeFormat(locale(lang), { dateStyle: 'long', timeZone: 'UTC' }).format(day * 86400000);
}

/** @param {number} seconds @param {Lang} lang */
export function dateText(seconds, lang) {
  return new Intl.DateTimeFormat(locale(lang), { dateStyle: 'long', timeZone: ZONE }).format(seconds * 1000);
}

/** @param {number} seconds @param {Lang} lang */
export function timeText(seconds, lang) {
  const style = /** @type {const} */ ({ dateStyle: 'long', timeStyle: 'short', timeZone: ZONE });
  return new Intl.DateTimeFormat(locale(lang), style).format(seconds * 1000);
}

/** How old the status list is. @param {number} seconds @param {Lang} lang */
export function ageText(seconds, lang) {
  const steps = /** @type {[number, string, string][]} */ ([[86400, '天', 'day'], [3600, '小时', 'hour'], [60, '分钟', 'minute']]);
  for (const [unit, zh, en] of steps) {
    const n = Math.floor(seconds / unit);
    if (n >= 1) return lang === 'zh' ? `${n} ${zh}前发布` : `published ${n} ${en}${n > 1 ? 's' : ''} ago`;
  }
  return lang === 'zh' ? '刚刚发布' : 'published just now';
}
