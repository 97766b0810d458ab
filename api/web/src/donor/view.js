/** What is shown of a trace: an outcome told by shape, word and colour, where the money went as picture and as tables, what was not proven. */
import { amountText, shareText } from '../charity/amounts.js';
import { dataTable, digest, hint, section, sums } from '../charity/parts.js';
import { el, svg } from '../page/dom.js';
import { dayText, timeText } from '../page/format.js';
import { MARKS, SIGNS } from '../page/signs.js';
import { figure } from './figure.js';
import { costs, flowOf, sum } from './flow.js';
import { said } from './texts.js';

/** @typedef {import('./trace.js').Seen} Seen */
/** @typedef {import('./trace.js').TraceReport} TraceReport */
/** @typedef {import('./texts.js').Lang} Lang */
/** @typedef {ReturnType<typeof said>} Say */

const MOST_PARTS = 200;
const LEVELS = ['L1', 'L3', 'L4', 'L5'];
const NOT_PROVEN = ['not-goods', 'not-people', 'not-consent', 'not-alone', 'not-order', 'not-now', 'not-ticket'];

/** @param {Seen} seen @param {Lang} lang @returns {Node[]} */
export function resultNodes({ fetched, report, funds, foreign }, lang) {
  const t = said(lang);
  const nodes = [verdict(report, t)];
  if (report) {
    if (report.donation) {
      if (report.outcome !== 'PASSED') nodes.push(el('p', { class: 'notice', id: 'unproven' }, t('unproven')));
      nodes.push(...shown(new Shown(report, funds, fetched.unit, lang, t), foreign));
    }
    nodes.push(section('levels', t('levels-title'), levelList(report, t)));
  }
  nodes.push(section('not-proven', t('not-title'), el('ul', {}, ...NOT_PROVEN.map((key) => el('li', {}, t(key))))));
  if (report) nodes.push(details(report, t));
  nodes.push(el('p', { class: 'on-paper' }, t('printed')));
  return nodes;
}

/** @param {TraceReport | null} report @param {Say} t */
function verdict(report, t) {
  const outcome = report?.outcome ?? 'INDETERMINATE';
  const reason = report?.reason ?? 'TRUST_MISSING';
  const why = report && reason !== 'OK' ? whyOf(reason, t) : null;
  return el('div', { class: `verdict ${outcome}`, 'data-outcome': outcome, 'data-reason': reason },
    svg('-2 -2 76 76', SIGNS[outcome]),
    el('div', {},
      el('h1', { id: 'outcome', tabindex: '-1' }, t(outcome)),
      ...(why ? [el('p', { id: 'why' }, el('strong', {}, why))] : []),
      el('p', { id: 'sentence' }, t(report ? `said-${outcome}` : 'said-trust')),
      ...(report && outcome !== 'FAILED' ? [el('p', { id: 'badge' }, `${t('badge')}: `, el('strong', { class: 'badge' }, t(`level-${report.level ?? 'none'}`)))] : [])));
}

/** @param {string} reason @param {Say} t @returns {string | null} */
function whyOf(reason, t) {
  try {
    return t(`why-${reason}`);
  } catch (error) {
    if (error instanceof TypeError) return null; // a reason without a sentence of its own stands among the details
    throw error;
  }
}

/** One report in one language. */
class Shown {
  /** @param {TraceReport} report @param {Record<string, any>} funds @param {any} unit @param {Lang} lang @param {Say} t */
  constructor(report, funds, unit, lang, t) {
    this.report = report;
    this.funds = funds;
    this.unit = unit ?? funds[report.donation.book]?.unit ?? null;
    this.lang = lang;
    this.t = t;
  }

  /** @param {number} value */
  amount(value) {
    return amountText(value, this.unit, this.lang);
  }

  /** Name of a fund as its page has it; it is not part of what was checked. @param {string} book */
  fund(book) {
    const title = this.funds[book]?.title;
    return (title && (this.lang === 'zh' ? title.zh ?? title.en : title.en ?? title.zh)) || null;
  }

  /** @param {import('./flow.js').FlowNode} node */
  node(node) {
    const { t } = this;
    const params = { no: node.no, class: t(`class-${node.kind === 'class' ? node.no : 0}`), project: '' };
    let key = `node-${node.kind}`;
    if (node.kind === 'allocation') {
      const project = this.funds[node.book]?.allocations?.find((/** @type {any} */ a) => a.no === node.no)?.project;
      if (project) [key, params.project] = ['node-allocation-project', project];
    }
    const elsewhere = node.book !== '' && node.book !== this.report.donation.book;
    return t(key, params) + (elsewhere ? t('in-fund', { fund: this.fund(node.book) ?? t('other-fund') }) : '');
  }

  /** Serials as they are counted: from 0, both ends inclusive. @param {[number | bigint, number | bigint]} range */
  serials([start, end]) {
    const number = (/** @type {bigint} */ n) => new Intl.NumberFormat('en-US').format(n);
    return [number(BigInt(start)), number(BigInt(end) - 1n)];
  }
}

/** @param {Shown} one @param {import('./trace.js').Foreign | null} foreign @returns {Node[]} */
function shown(one, foreign) {
  const { report, t } = one;
  const flow = flowOf(report.portions);
  const numbers = new Map(flow.nodes.map((node, i) => [node.id, i + 1]));
  const waiting = sum(report.portions, (p) => p.state === 'waiting');
  return [
    facts(one, foreign),
    section('flow', t('flow-title'), pictures(one, flow, numbers), flowTable(one, flow, numbers), ...followed(one)),
    section('waiting', t('waiting-title'), el('p', {}, waiting ? t('waiting-text', { amount: one.amount(waiting) }) : t('waiting-none'))),
    section('costs', t('costs-title'), ...costShares(one)),
    section('parts', t('parts-title'), ...parts(one)),
  ];
}

/** @param {Shown} one @param {import('./trace.js').Foreign | null} foreign */
function facts(one, foreign) {
  const { report, t, lang } = one;
  const d = report.donation;
  const [from, to] = one.serials(d.serials);
  const asOf = report.as_of.find((e) => e.book === d.book);
  /** @type {[string, string, string][]} label, value, id */
  const rows = [
    ['amount', one.amount(d.amount), 'amount'],
    ['day', dayText(d.day, lang), 'day'],
    ['fund', one.fund(d.book) ?? d.book, 'fund'],
    ['charity', [d.charity_name?.[lang], d.charity].filter(Boolean).join('\n'), 'charity'],
    ['serials', t(one.unit === null ? 'serials-text' : 'serials-goods', { from, to }), 'serials'],
  ];
  if (foreign) rows.splice(1, 0, ['foreign', t('foreign-text', foreign), 'foreign']);
  if (d.grouped) rows.push(['grouped', t('grouped-text'), 'grouped']);
  if (asOf) rows.push(['as-of', t('as-of-text', { time: timeText(Date.parse(asOf.at) / 1000, lang), epoch: asOf.epoch }), 'as-of']);
  const list = el('dl', { id: 'facts' });
  for (const [label, value, id] of rows) list.append(el('dt', {}, t(label)), el('dd', { id: `fact-${id}`, ...(id === 'amount' ? { class: 'amount' } : {}) }, el('bdi', {}, value)));
  return el('div', {}, list, hint(t('serials-hint')));
}

/** Both drawings; the style sheet shows the one that fits. @param {Shown} one @param {import('./flow.js').Flow} flow @param {Map<string, number>} numbers */
function pictures(one, flow, numbers) {
  const label = one.t('flow-label', { amount: one.amount(flow.total) });
  const lines = (/** @type {import('./flow.js').FlowNode} */ node) => [one.node(node), one.amount(node.amount)];
  return el('figure', { class: 'flow-figure' }, figure(flow, { down: false, label, numbers, lines }), figure(flow, { down: true, label, numbers, lines }));
}

/** @param {Shown} one @param {import('./flow.js').Flow} flow @param {Map<string, number>} numbers */
function flowTable(one, flow, numbers) {
  const { t } = one;
  const heads = ['no', 'stage', 'what', 'amount', 'share', 'from'].map((key) => t(`column-${key}`));
  const rows = flow.nodes.map((node) => [
    String(numbers.get(node.id)), t(`stage-${node.stage}`), one.node(node), one.amount(node.amount),
    shareText(node.amount, flow.total), node.from.map((id) => Number(numbers.get(id))).sort((a, b) => a - b).join(', ') || '–',
  ]);
  const table = dataTable(t('flow-caption'), heads, rows, [3, 4]);
  table.id = 'flow-table';
  return table;
}

/** What left its own serials: back into the same fund, or into another. @param {Shown} one @returns {Node[]} */
function followed(one) {
  const { t, report: { donation, portions } } = one;
  const [start, end] = donation.serials.map(BigInt);
  const back = sum(portions, (p) => p.book === donation.book && (BigInt(p.serials[0]) < start || BigInt(p.serials[0]) >= end));
  const others = [...new Set(portions.map((p) => p.book))].filter((book) => book !== donation.book);
  const away = others.map((book) => t('followed-away', { amount: one.amount(sum(portions, (p) => p.book === book)), fund: one.fund(book) ?? t('other-fund') }));
  return [...(back ? [t('followed-back', { amount: one.amount(back) })] : []), ...away].map((text) => el('p', { class: 'followed' }, text));
}

/** @param {Shown} one @returns {Node[]} */
function costShares(one) {
  const { t } = one;
  const found = costs(one.report.portions);
  const spent = found.reduce((all, cost) => all + cost.amount, 0);
  if (!spent) return [el('p', {}, t('costs-none'))];
  return [sums(found.map(({ no, amount }) => [t(`class-${no}`), `${one.amount(amount)} · ${shareText(amount, spent)}`])), hint(t('costs-hint'))];
}

/** @param {Shown} one @returns {Node[]} */
function parts(one) {
  const { t, report, lang } = one;
  const sorted = [...report.portions].sort((a, b) => (a.book === b.book ? Number(BigInt(a.serials[0]) - BigInt(b.serials[0])) : a.book === report.donation.book ? -1 : 1));
  const rows = sorted.slice(0, MOST_PARTS).map((p) => [
    one.serials(p.serials).join('–') + (p.book === report.donation.book ? '' : t('in-fund', { fund: one.fund(p.book) ?? t('other-fund') })),
    one.amount(p.amount), t(`node-${p.state}`), p.day === null ? '–' : dayText(p.day, lang),
    p.cost_class === null ? '–' : t(`class-${p.cost_class}`), digest(p.reference),
  ]);
  const table = dataTable(t('parts-caption'), ['serials', 'amount', 'state', 'day', 'class', 'voucher'].map((key) => t(`column-${key}`)), rows, [1]);
  table.id = 'parts-table';
  const rest = sorted.slice(MOST_PARTS);
  const more = rest.length ? [el('p', {}, t('parts-more', { n: rest.length, amount: one.amount(sum(rest, () => true)) }))] : [];
  return [el('details', {}, el('summary', {}, t('parts-caption')), table, ...more, hint(t('voucher-hint')))];
}

/** @param {TraceReport} report @param {Say} t */
function levelList(report, t) {
  const list = el('ul', { class: 'levels' });
  /** @type {[string, string, string | null][]} name, state, tag */
  const rows = LEVELS.map((name) => {
    const outcome = report.levels[name]?.outcome ?? 'INDETERMINATE';
    return [name, outcome === 'PASSED' ? 'done' : outcome === 'FAILED' ? 'wrong' : 'open', name === 'L3' ? 'L2 L3' : name];
  });
  rows.push(['follow', report.donation ? 'done' : 'wrong', null]);
  for (const [name, state, tag] of rows) {
    list.append(el('li', { class: state, 'data-level': name },
      svg('0 0 20 20', [['path', { d: MARKS[state] }]]),
      el('div', {}, ...(tag ? [el('span', { class: 'tag' }, tag), ' '] : []), t(`${name}-${state}`))));
  }
  return list;
}

/** @param {TraceReport} report @param {Say} t */
function details(report, t) {
  const steps = report.findings.map((f) => el('li', {}, `${t('step', { n: f.step })}: `, el('code', {}, f.code), ` (${f.clause}) ${f.detail}`));
  return el('details', { id: 'technical' },
    el('summary', {}, t('details')),
    el('p', {}, el('code', { id: 'reason-code' }, report.reason)),
    el('ul', {}, ...steps),
    el('p', {}, `${t('trust-root')} (${t('trust-sequence', { n: report.trust.sequence })}): `, el('code', {}, report.trust.root)));
}
