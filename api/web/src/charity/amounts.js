/** Amounts of a fund: fen, or whole units of goods; and shares without floats. */
import { dayText, fenText } from '../page/format.js';

/** @typedef {import('../page/format.js').Lang} Lang */
/** Days since 1970-01-01 of "2026-09-04". @param {string} iso */
export const dayNumber = (iso) => Date.parse(iso) / 86400000;

/** @param {string} iso @param {Lang} lang */
export const isoText = (iso, lang) => dayText(dayNumber(iso), lang);

/** @typedef {{item: string, unit: string} | null} Unit null: fen */

/** @param {number | bigint} amount @param {Unit} unit @param {Lang} lang */
export function amountText(amount, unit, lang) {
  if (unit === null) return fenText(amount, lang);
  return `${new Intl.NumberFormat('en-US').format(amount)} ${unit.unit}`;
}

/** "12.5%", half up; an en dash of nothing. @param {number | bigint} part @param {number | bigint} whole */
export function shareText(part, whole) {
  const all = BigInt(whole);
  if (all === 0n) return '–';
  const tenths = (BigInt(part) * 2000n + all) / (all * 2n);
  return `${tenths / 10n}.${tenths % 10n}%`;
}

/** The share in [0, 1] for drawing only. @param {number | bigint} part @param {number | bigint} whole */
export function fraction(part, whole) {
  return Number(whole) === 0 ? 0 : Math.min(1, Number(part) / Number(whole));
}
