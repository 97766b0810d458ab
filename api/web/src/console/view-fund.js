/** One fund: what it holds, its allocations and payments, and everything that can be recorded in it. */
import { button, notice, table } from '../keyed/parts.js';
import { el } from '../page/dom.js';
import { FUND_ACTS } from './acts.js';
import { actGroups, amountText, grid, named, of, sums } from './parts.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

const AWAY = { target: '_blank', rel: 'noopener' }; // this page locks when it is left
const SUMS = ['received', 'unallocated', 'allocated', 'reserved', 'paid', 'acknowledged', 'returned', 'out'];

/** @type {View} */
export const fund = {
  tab: 'home',
  title: (app, data) => (data ? of(app, data.title) : app.t('fund-title')),
  async load(app, { book }) {
    const [found, reserved, paid] = await Promise.all([app.service.fund(book), app.service.payments(book, 'reserved'), app.service.payments(book, 'paid')]);
    return { ...found, payments: [...reserved, ...paid] };
  },
  draw: (app, data) => [
    ...(data.closed ? [notice(app.t('fund-closed'), 'closed')] : []),
    sums(SUMS.filter((key) => data.totals[key] !== undefined).map((key) => [app.t(`sum-${key}`), amountText(app, data.totals[key], data.unit)])),
    ...about(app, data),
    el('section', { class: 'acts' },
      el('h2', {}, app.t('group-donations')),
      el('div', { class: 'buttons' },
        button(app.t('donate'), () => app.go('donate', { book: data.book }), { id: 'donate', class: 'primary' }),
        button(app.t('import-donations'), () => app.reset('files'), { id: 'import-donations' }))),
    ...actGroups(app, FUND_ACTS, (kind) => app.go('act', { book: data.book, kind })),
    ...allocations(app, data),
    ...payments(app, data),
  ],
};

/** @param {App} app @param {any} data */
function about(app, { restriction, plan, book, epoch }) {
  /** @type {[string, string | Node][]} */
  const rows = [
    [app.t('f-only-project'), restriction?.project ?? app.t('any')],
    [app.t('f-only-purpose'), restriction?.purpose ?? app.t('any')],
    ...(plan ? [/** @type {[string, string]} */ ([app.t('f-plan'), plan])] : []),
    [app.t('fund-book'), el('a', { href: `/c#${book}`, ...AWAY }, book)],
    [app.t('fund-epoch'), epoch ? app.t('fund-epoch-of', { n: String(epoch.epoch), day: String(epoch.day ?? '') }) : app.t('fund-epoch-none')],
  ];
  return [el('details', {}, el('summary', {}, app.t('fund-about')), table(rows))];
}

/** @param {App} app @param {any} data */
function allocations(app, { allocations: list, unit }) {
  if (!list.length) return [];
  const rows = list.map((/** @type {any} */ a) => [String(a.no), a.project, a.purpose ?? '', amountText(app, a.amount, unit), amountText(app, a.amount - a.used, unit)]);
  return [el('h2', {}, app.t('allocations')), grid(app.t('allocations'), ['no', 'project', 'purpose', 'amount', 'left'].map((key) => app.t(`col-${key}`)), rows, [0, 3, 4])];
}

/** @param {App} app @param {any} data */
function payments(app, { payments: list, book, unit }) {
  if (!list.length) return [];
  const next = (/** @type {any} */ p) => (p.state === 'reserved' ? 'paid' : 'acknowledged');
  const rows = list.map((/** @type {any} */ p) => [
    String(p.no), named(app, 'c-cost_class', p.cost_class), amountText(app, p.amount, unit), named(app, 'state', p.state),
    button(app.t(`act-${next(p)}`), () => app.go('act', { book, kind: next(p), values: { 'f-no': String(p.no) } })),
  ]);
  return [el('h2', {}, app.t('payments')), grid(app.t('payments-caption'), ['no', 'class', 'amount', 'state', 'do'].map((key) => app.t(`col-${key}`)), rows, [0, 2])];
}
