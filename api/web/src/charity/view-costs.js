/** Costs by class: what was paid, net of what came back. Fundraising is a class of its own beside administration. */
import { el, svg } from '../page/dom.js';
import { amountText, fraction, shareText } from './amounts.js';
import { dataTable, hint } from './parts.js';

export const CLASSES = ['direct_aid', 'service_cost', 'fundraising_cost', 'admin'];

/** @param {import('./page.js').Page} page @param {any} one @returns {Node[]} */
export function costs(page, one) {
  const whole = CLASSES.reduce((sum, name) => sum + one.costs[name], 0);
  if (whole === 0) return [el('p', {}, page.t('no-costs'))];
  const rows = CLASSES.map((name) => [page.t(`class-${name}`), amountText(one.costs[name], one.unit, page.lang), share(one.costs[name], whole)]);
  return [
    dataTable(page.t('costs-hint'), ['class', 'amount', 'share'].map((key) => page.t(key)), rows, [1]),
    hint(page.t('costs-law')),
    el('p', {}, el('a', { href: `#${one.charity.uscc}` }, page.t('to-ratios'))),
  ];
}

/** Percent in words, and as a bar beside it. @param {number} part @param {number} whole */
function share(part, whole) {
  const bar = svg('0 0 100 4', [['rect', { x: '0', y: '0', height: '4', width: (fraction(part, whole) * 100).toFixed(1) }]]);
  bar.setAttribute('preserveAspectRatio', 'none');
  return el('span', {}, shareText(part, whole), el('div', { class: 'share' }, bar));
}
