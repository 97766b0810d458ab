/**
 * What came in and went out over time, as bars: in upwards and full, out downwards and hollow, so that it is not told by
 * colour alone. Beside it stand a sentence and a table with the same figures.
 */
import { el } from '../page/dom.js';
import { dayText } from '../page/format.js';
import { amountText, dayNumber } from './amounts.js';
import { dataTable } from './parts.js';

/** @typedef {{day: string, in: number, out: number}} Day */
/** @typedef {{first: number, last: number, in: number, out: number}} Span days, both inclusive, and what moved in them */

const MOST = 24; // bars that a telephone can show
const WIDTH = 480;
const HALF = 90;
const SVG = 'http://www.w3.org/2000/svg';

/** Days joined to at most 24 spans of equal length. @param {Day[]} days in order @returns {Span[]} */
export function spansOf(days) {
  if (!days.length) return [];
  const first = dayNumber(days[0].day);
  const length = Math.max(1, Math.ceil((dayNumber(days[days.length - 1].day) - first + 1) / MOST));
  /** @type {Span[]} */
  const spans = [];
  for (const { day, in: came, out: went } of days) {
    const at = Math.floor((dayNumber(day) - first) / length);
    while (spans.length <= at) {
      const from = first + spans.length * length;
      spans.push({ first: from, last: from + length - 1, in: 0, out: 0 });
    }
    spans[at].in += came;
    spans[at].out += went;
  }
  return spans;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
function shape(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/** @param {Span} span @param {import('../page/format.js').Lang} lang */
function spanText(span, lang) {
  return span.first === span.last ? dayText(span.first, lang) : `${dayText(span.first, lang)} – ${dayText(span.last, lang)}`;
}

/** @param {Span[]} spans @param {string} label */
function bars(spans, label) {
  const root = shape('svg', { viewBox: `0 0 ${WIDTH} ${2 * HALF + 12}`, role: 'img', 'aria-label': label });
  const most = Math.max(1, ...spans.map((s) => Math.max(s.in, s.out)));
  const wide = WIDTH / spans.length;
  spans.forEach((span, i) => {
    const x = i * wide + wide * 0.15;
    const up = (span.in / most) * HALF;
    const down = (span.out / most) * HALF;
    if (up) root.append(shape('rect', { class: 'in', x, y: HALF + 5 - up, width: wide * 0.7, height: Math.max(1, up) }));
    if (down) root.append(shape('rect', { class: 'out', x, y: HALF + 7, width: wide * 0.7, height: Math.max(1, down) }));
  });
  root.append(shape('line', { class: 'axis', x1: 0, x2: WIDTH, y1: HALF + 6, y2: HALF + 6 }));
  return root;
}

/** @param {Day[]} days @param {import('./amounts.js').Unit} unit @param {import('./page.js').Page} page @returns {Node[]} */
export function picture(days, unit, page) {
  const { lang } = page;
  const spans = spansOf(days);
  if (!spans.length) return [el('p', {}, page.t('no-moves'))];
  const sums = spans.reduce((a, s) => ({ in: a.in + s.in, out: a.out + s.out }), { in: 0, out: 0 });
  const words = page.t('picture', {
    span: spanText({ first: spans[0].first, last: dayNumber(days[days.length - 1].day), in: 0, out: 0 }, lang),
    in: amountText(sums.in, unit, lang), out: amountText(sums.out, unit, lang),
  });
  const caption = el('figcaption', {}, words, el('br'), el('span', { class: 'key in', 'aria-hidden': 'true' }), ` ${page.t('key-in')}  `, el('span', { class: 'key', 'aria-hidden': 'true' }), ` ${page.t('key-out')}`);
  const rows = spans.filter((s) => s.in || s.out).map((s) => [spanText(s, lang), amountText(s.in, unit, lang), amountText(s.out, unit, lang)]);
  const table = dataTable(page.t('picture-table'), [page.t('time'), page.t('key-in'), page.t('key-out')], rows, [1, 2]);
  return [el('figure', { class: 'figure' }, bars(spans, words), caption), el('details', {}, el('summary', {}, page.t('as-table')), table)];
}
