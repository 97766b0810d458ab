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
    const days = duties?.bank_days.length ? await booked(one.funds) : new Map();
    return { one, duties, days };
  },
  title: (page, { one }) => page.of({ zh: one.name, en: one.name_en }),
  trail: (page) => [['#', page.t('title')]],
  draw(page, { one, duties, days }) {
    const funds = one.funds.map((/** @type {any} */ fund) => entry(address(fund.book), page.of({ zh: fund.title_zh, en: fund.title_en }), fund.closed ? [page.t('is-closed')] : []));
    return [
      el('p', { translate: 'no' }, one.uscc),
      section('funds', page.t('funds'), el('ul', { class: 'entries' }, ...funds)),
      section('obligations', page.t('obligations'), ...obligations(page, duties?.obligations ?? [])),
      section('ratios', page.t('ratios'), ...ratios(page, duties?.ratios ?? [])),
      section('bank', page.t('bank'), ...bank(page, duties?.bank_days ?? [], days)),
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

const MOST_FUNDS = 30; // that are asked for one comparison

/** What the public books of all funds of money took in and paid out, by day. @param {any[]} funds @returns {Promise<Map<string, {in: number, out: number}>>} */
async function booked(funds) {
  const found = new Map();
  const books = await Promise.all(funds.slice(0, MOST_FUNDS).map((fund) => maybe(`/v1/charity/books/${fund.book}/overview`)));
  for (const { day, in: came, out: went } of books.filter((book) => book?.unit === null).flatMap((book) => book.by_day)) {
    const known = found.get(day) ?? { in: 0, out: 0 };
    found.set(day, { in: known.in + came, out: known.out + went });
  }
  return found;
}

/** @param {import('./page.js').Page} page @param {any[]} days @param {Map<string, {in: number, out: number}>} books @returns {Node[]} */
function bank(page, days, books) {
  if (!days.length) return [el('p', {}, page.t('no-bank'))];
  const money = (/** @type {number} */ n) => amountText(n, null, page.lang);
  const rows = days.map((d) => {
    const own = books.get(d.day) ?? { in: 0, out: 0 };
    return [isoText(d.day, page.lang), money(d.credits), money(own.in), money(d.debits), money(own.out), page.t(d.signed ? 'yes' : 'nothing')];
  });
  return [dataTable(page.t('bank-caption'), ['time', 'credits', 'booked-in', 'debits', 'booked-out', 'bank-signed'].map((key) => page.t(key)), rows, [1, 2, 3, 4]), hint(page.t('bank-hint'))];
}

/** @param {import('./page.js').Page} page @param {any[]} items @returns {Node[]} */
function notes(page, items) {
  if (!items.length) return [el('p', {}, page.t('no-notes'))];
  return [hint(page.t('corrections-hint')), ...items.map((n) => el('p', {}, `${isoText(n.day, page.lang)} · `, el('bdi', {}, page.of(n.reason))))];
}
