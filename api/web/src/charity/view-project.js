/** One project of a fund: what was decided for it and what was paid. */
import { el } from '../page/dom.js';
import { amountText, isoText } from './amounts.js';
import { json } from './client.js';
import { address } from './place.js';
import { dataTable, digest, section, sums } from './parts.js';
import { payments } from './view-payments.js';

/** @type {import('./page.js').View} */
export const project = {
  async load(place) {
    const root = `/v1/charity/books/${place.book}`;
    const fund = await json(`${root}/overview`);
    const own = fund.allocations.filter((/** @type {any} */ a) => a.project === place.project);
    const paid = own.length ? await json(`${root}/payments.json?limit=200&project=${encodeURIComponent(place.project)}`) : { payments: [], next: null };
    return { fund, own, paid };
  },
  title: (_, __, place) => place.project,
  trail: (page, { fund }, place) => [
    ['#', page.t('title')], [`#${fund.charity.uscc}`, page.of({ zh: fund.charity.name, en: fund.charity.name_en })], [address(place.book), page.of(fund.title)]],
  draw(page, { fund, own, paid }) {
    const text = (/** @type {number} */ n) => amountText(n, fund.unit, page.lang);
    if (!own.length) return [el('p', { id: 'nothing' }, page.t('no-project'))];
    const sum = (/** @type {string} */ name) => own.reduce((/** @type {number} */ a, /** @type {any} */ b) => a + b[name], 0);
    const rows = own.map((/** @type {any} */ a) => [String(a.no), a.purpose ?? '–', isoText(a.day, page.lang), text(a.amount), text(a.used), digest(a.decision)]);
    return [
      sums([[page.t('total-allocated-all'), text(sum('amount'))], [page.t('total-used'), text(sum('used'))], [page.t('total-left'), text(sum('amount') - sum('used'))]]),
      section('allocations', page.t('allocations'), dataTable(page.t('allocations-hint'), ['allocation', 'purpose', 'time', 'amount', 'used', 'decision'].map((key) => page.t(key)), rows, [3, 4])),
      section('payments', page.t('payments'), ...payments(page, fund, { payments: paid.payments, next: null })),
    ];
  },
};
