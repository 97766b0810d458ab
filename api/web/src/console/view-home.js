/** Overview: what each fund holds, what waits, what is due. */
import { button, card, notice } from '../keyed/parts.js';
import { el } from '../page/dom.js';
import { amountText, grid, importTable, named, of } from './parts.js';
import { maybe } from './service.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @type {View} */
export const home = {
  tab: 'home',
  title: (app) => app.t('home-title'),
  async load(app) {
    const { uscc } = app.session.party;
    const [funds, obligations, imports] = await Promise.all([app.service.funds(), maybe(app.service.obligations(uscc)), app.service.imports()]);
    const details = await Promise.all(funds.map(async (/** @type {any} */ fund) => ({ ...fund, waiting: await app.service.payments(fund.book, 'paid') })));
    return { funds: details, obligations, imports: imports.slice(0, 5) };
  },
  draw: (app, { funds, obligations, imports }) => [
    el('p', { class: 'who' }, `${app.lang === 'zh' ? app.session.party.name_zh : app.session.party.name_en} · ${app.session.party.uscc}`),
    ...funds.map((/** @type {any} */ fund) => fundCard(app, fund)),
    ...(funds.length ? [] : [notice(app.t('funds-none'))]),
    el('div', { class: 'actions' },
      button(app.t('open-fund'), () => app.go('openFund'), { id: 'open-fund', class: funds.length ? 'secondary' : 'primary' }),
      button(app.t('find-donation'), () => app.go('find'), { id: 'find-donation' })),
    el('h2', {}, app.t('waiting-title')),
    ...waiting(app, funds),
    el('h2', {}, app.t('due-title')),
    ...dueList(app, obligations),
    ...(imports.length ? [el('h2', {}, app.t('files-past')), importTable(app, imports)] : []),
  ],
};

/** @param {App} app @param {any} fund */
function fundCard(app, fund) {
  const { unallocated, allocated, paid, acknowledged } = fund.totals;
  const say = (/** @type {number} */ n) => amountText(app, n, fund.unit);
  const node = card(of(app, fund.title), [
    `${app.t('sum-unallocated')} ${say(unallocated)} · ${app.t('sum-allocated')} ${say(allocated)}`,
    `${app.t('sum-paid')} ${say(paid)} · ${app.t('sum-acknowledged')} ${say(acknowledged)}`,
    ...(fund.closed ? [app.t('fund-closed')] : []),
  ], () => app.go('fund', { book: fund.book }));
  node.dataset.book = fund.book;
  return node;
}

/** Payments that nobody has acknowledged. @param {App} app @param {any[]} funds */
function waiting(app, funds) {
  const rows = funds.flatMap((fund) => fund.waiting.map((/** @type {any} */ p) => [
    of(app, fund.title), String(p.no), p.day ?? '', amountText(app, p.amount - p.acknowledged - p.returned, fund.unit),
    button(app.t('act-acknowledged'), () => app.go('act', { book: fund.book, kind: 'acknowledged', values: { 'f-no': String(p.no) } })),
  ]));
  if (!rows.length) return [el('p', { id: 'nothing-waits' }, app.t('waiting-none'))];
  return [grid(app.t('waiting-caption'), ['fund', 'payment-no', 'day', 'open', 'do'].map((key) => app.t(`col-${key}`)), rows, [1, 3])];
}

/** @param {App} app @param {any[] | null} obligations null: the organisation is not registered, so nothing can be counted */
export function dueList(app, obligations) {
  if (!obligations) return [notice(app.t('due-unregistered'))];
  const open = obligations.filter((o) => !['done', 'late', 'unknown'].includes(o.state)).sort((a, b) => String(a.due ?? '9').localeCompare(String(b.due ?? '9')));
  if (!open.length) return [el('p', {}, app.t('due-none'))];
  const rows = open.map((o) => [[of(app, o.title) ? `${o.rule} ${of(app, o.title)}` : named(app, 'c-rule', o.rule), of(app, o.aspect)].filter(Boolean).join(' · '), o.subject ?? '', o.due ?? '', o.days_late > 0 ? el('span', { class: 'late-by' }, app.t('days-late', { n: String(o.days_late) })) : of(app, o.said)]);
  return [grid(app.t('due-caption'), ['rule', 'subject', 'due', 'state'].map((key) => app.t(`col-${key}`)), rows)];
}
