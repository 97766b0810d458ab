/** One fund: what came in, what became of it, costs by class, decisions, payments, corrections, and the check of it all. */
import { el } from '../page/dom.js';
import { amountText, isoText } from './amounts.js';
import { json, maybe } from './client.js';
import { checkSection } from './view-check.js';
import { costs } from './view-costs.js';
import { namedDonors } from './view-donors.js';
import { address } from './place.js';
import { dataTable, digest, hint, links, section, sums } from './parts.js';
import { payments } from './view-payments.js';
import { picture } from './picture.js';

/** @param {string} book */
async function load(book) {
  const root = `/v1/charity/books/${book}`;
  const [fund, paid, donors] = await Promise.all([json(`${root}/overview`), json(`${root}/payments.json?limit=20`), maybe(`${root}/donors`)]);
  return { fund, paid, donors };
}

/** @type {import('./page.js').View} */
export const fund = {
  load: (place) => load(place.book),
  title: (page, { fund: one }) => page.of(one.title),
  trail: (page, { fund: one }) => [['#', page.t('title')], [`#${one.charity.uscc}`, page.of({ zh: one.charity.name, en: one.charity.name_en })]],
  draw(page, { fund: one, paid, donors }) {
    return [
      ...facts(page, one),
      section('money', page.t('money'), ...money(page, one)),
      section('costs', page.t('costs'), ...costs(page, one)),
      section('allocations', page.t('allocations'), ...allocations(page, one)),
      section('payments', page.t('payments'), ...payments(page, one, paid)),
      section('corrections', page.t('corrections'), ...corrections(page, one)),
      ...(donors && donors.donors.length ? [section('donors', page.t('donors'), ...namedDonors(page, one, donors))] : []),
      checkSection(page, one),
      section('data', page.t('data'), ...openData(page, one)),
    ];
  },
};

/** @param {import('./page.js').Page} page @param {any} one */
function facts(page, one) {
  const lines = [page.t('as-of', { epoch: String(one.epoch.number), day: isoText(one.epoch.day, page.lang) })];
  if (one.since) lines.push(page.t('since', { day: isoText(one.since, page.lang) }));
  if (one.plan_filing_no) lines.push(page.t('plan-no', { no: one.plan_filing_no }));
  const { project, purpose } = one.restriction;
  lines.push(project || purpose ? page.t('only-for', { what: [project, purpose].filter(Boolean).join(' · ') }) : page.t('for-anything'));
  if (one.unit) lines.push(page.t('counts-in', { item: one.unit.item, unit: one.unit.unit }));
  return [...(one.closed ? [el('p', { class: 'notice' }, page.t('is-closed'))] : []), ...lines.map((text) => el('p', {}, text))];
}

/** @param {import('./page.js').Page} page @param {any} one */
function money(page, one) {
  const { totals, unit } = one;
  const text = (/** @type {number} */ n) => amountText(n, unit, page.lang);
  const always = ['raised', 'paid', 'acknowledged', 'balance', 'allocated', 'reserved', 'unallocated'];
  const where = ['income', 'transferred_in', 'redirected_in', 'payments_returned', 'donations_returned', 'donations_reversed', 'redirected', 'transferred_out', 'surplus'];
  const shown = [...always, ...where.filter((name) => totals[name] > 0)];
  return [
    sums(shown.map((name) => [page.t(`total-${name}`), text(totals[name])])),
    hint(page.t('money-hint')),
    ...picture(one.by_day, unit, page),
  ];
}

/** @param {import('./page.js').Page} page @param {any} one */
function allocations(page, one) {
  if (!one.allocations.length) return [el('p', {}, page.t('no-allocations'))];
  const rows = one.allocations.map((/** @type {any} */ a) => [
    el('a', { href: address(one.book, a.project) }, `${a.no} · ${a.project}`), a.purpose ?? '–', isoText(a.day, page.lang),
    amountText(a.amount, one.unit, page.lang), amountText(a.used, one.unit, page.lang), digest(a.decision)]);
  const heads = ['allocation', 'purpose', 'time', 'amount', 'used', 'decision'].map((key) => page.t(key));
  return [dataTable(page.t('allocations-hint'), heads, rows, [3, 4])];
}

/** @param {import('./page.js').Page} page @param {any} one */
function corrections(page, one) {
  if (!one.corrections.length) return [el('p', {}, page.t('no-corrections'))];
  const rows = one.corrections.map((/** @type {any} */ c) => [
    isoText(c.day, page.lang), page.named('event', c.kind), c.amount === null ? '–' : amountText(c.amount, one.unit, page.lang),
    why(page, c), String(c.seq)]);
  return [dataTable(page.t('corrections-hint'), ['time', 'what', 'amount', 'why', 'entry'].map((key) => page.t(key)), rows, [2])];
}

/** The published reason: its note in the reader's language, else its code in words and the charity's own text. @param {import('./page.js').Page} page @param {any} c */
function why(page, c) {
  if (c.words) return page.of(c.words);
  return [page.named('because', c.reason.code), c.reason.text].filter(Boolean).join(page.lang === 'zh' ? '：' : ': ');
}

/** @param {import('./page.js').Page} page @param {any} one */
function openData(page, one) {
  const root = `/v1/charity/books/${one.book}`;
  const files = ['flows.csv', 'flows.json', 'payments.csv', 'payments.json', 'events.bin', 'in.bin', 'out.bin', 'settlement.bin', 'epochs.bin'];
  const here = location.origin;
  const alt = page.of(one.title).replace(/[&<>"]/g, '');
  const snippet = `<a href="${here}/c#${one.book}"><img src="${here}${root}/badge.svg?lang=${page.lang}" alt="${alt}" width="320" height="96"></a>`;
  return [
    links(files.map((name) => [`${root}/${name}`, name])),
    hint(page.t('data-hint')),
    el('label', { for: 'snippet' }, page.t('snippet')),
    el('textarea', { id: 'snippet', class: 'snippet', rows: '4', readonly: '', spellcheck: 'false', translate: 'no' }, snippet),
  ];
}
