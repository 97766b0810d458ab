/** One charity: its funds, what it has to publish and whether it did in time, its yearly ratios, the bank's daily totals. */
import { el } from '../page/dom.js';
import { amountText, isoText } from './amounts.js';
import { Missing, json, maybe } from './client.js';
import { address } from './place.js';
import { dataTable, entry, hint, section } from './parts.js';

/** @type {import('./page.js').View} */
export const charity = {
  async load(place) {
    const [all, duties] = await Promise.all([json('/v1/charity'), maybe(`/v1/charity/${place.uscc}/obligations`)]);
    const one = all.charities.find((/** @type {any} */ c) => c.uscc === place.uscc);
    if (!one) throw new Missing(place.uscc);
    return { one, duties };
  },
  title: (page, { one }) => page.of({ zh: one.name, en: one.name_en }),
  trail: (page) => [['#', page.t('title')]],
  draw(page, { one, duties }) {
    const funds = one.funds.map((/** @type {any} */ fund) => entry(address(fund.book), page.of({ zh: fund.title_zh, en: fund.title_en }), fund.closed ? [page.t('is-closed')] : []));
    return [
      el('p', { translate: 'no' }, one.uscc),
      section('funds', page.t('funds'), el('ul', { class: 'entries' }, ...funds)),
      section('obligations', page.t('obligations'), ...obligations(page, duties?.obligations ?? [])),
      section('ratios', page.t('ratios'), ...ratios(page, duties?.ratios ?? [])),
      section('bank', page.t('bank'), ...bank(page, duties?.bank_days ?? [])),
      section('notes', page.t('notes'), ...notes(page, duties?.corrections ?? [])),
    ];
  },
};

const STATES = /** @type {Record<string, string>} */ ({ done: 'state-done', open: 'state-due', soon: 'state-due', unknown: 'state-due', met: 'state-done', unlimited: 'state-due' });

/** @param {string} state @param {string} words */
const stated = (state, words) => el('span', { class: STATES[state] ?? 'state-late' }, words);

/** @param {import('./page.js').Page} page @param {any[]} items @returns {Node[]} */
function obligations(page, items) {
  if (!items.length) return [el('p', {}, page.t('no-obligations'))];
  const day = (/** @type {string | null} */ iso) => (iso === null ? '–' : isoText(iso, page.lang));
  const rows = items.map((o) => {
    const late = o.days_late > 0 ? page.t('days-late', { days: String(o.days_late) }) : '';
    const said = [page.of(o.said), late, o.missing && page.of(o.missing)].filter(Boolean).join(page.lang === 'zh' ? '；' : '; ');
    return [`${o.rule} ${page.of(o.title)}`, [o.subject, o.aspect && page.of(o.aspect)].filter(Boolean).join(' · '), day(o.due), day(o.published), stated(o.state, said), page.of(o.source)];
  });
  return [dataTable(page.t('obligations-hint'), ['rule', 'subject', 'due', 'published', 'state', 'source'].map((key) => page.t(key)), rows)];
}

/** @param {import('./page.js').Page} page @param {any[]} items @returns {Node[]} */
function ratios(page, items) {
  if (!items.length) return [el('p', {}, page.t('no-ratios'))];
  const rows = items.map((r) => [`${r.year} ${page.of(r.title)}`, r.value ?? '–', r.limit ?? '–', stated(r.state, page.t(`ratio-${r.state}`)), page.of(r.source)]);
  return [dataTable(page.t('ratios-hint'), ['ratio', 'value', 'limit', 'state', 'source'].map((key) => page.t(key)), rows)];
}

/** @param {import('./page.js').Page} page @param {any[]} days @returns {Node[]} */
function bank(page, days) {
  if (!days.length) return [el('p', {}, page.t('no-bank'))];
  const money = (/** @type {number} */ n) => amountText(n, null, page.lang);
  const rows = days.map((d) => [isoText(d.day, page.lang), money(d.credits), money(d.debits), page.t(d.signed ? 'yes' : 'nothing')]);
  return [dataTable(page.t('bank-hint'), ['time', 'credits', 'debits', 'bank-signed'].map((key) => page.t(key)), rows, [1, 2])];
}

/** @param {import('./page.js').Page} page @param {any[]} items @returns {Node[]} */
function notes(page, items) {
  if (!items.length) return [el('p', {}, page.t('no-notes'))];
  return [hint(page.t('corrections-hint')), ...items.map((n) => el('p', {}, `${isoText(n.day, page.lang)} · `, el('bdi', {}, page.of(n.reason))))];
}
