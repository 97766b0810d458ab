/** Files: a bank's statement, a platform's donations; and what became of the files before. */
import { button, field, form, notice, save, submit, table } from '../keyed/parts.js';
import { csvOf } from '../page/csv.js';
import { el } from '../page/dom.js';
import { fenText } from '../page/format.js';
import { grid, importTable, named, of } from './parts.js';
import { MAX_FILE } from './values.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** @type {View} */
export const files = {
  tab: 'files',
  title: (app) => app.t('files-title'),
  async load(app) {
    const [imports, funds] = await Promise.all([app.service.imports(), app.service.funds()]);
    return { imports, funds };
  },
  draw: (app, { imports, funds }) => [
    el('p', {}, app.t('files-lead')),
    form('upload', () => upload(app),
      el('label', { for: 'source' }, app.t('files-source')),
      el('select', { id: 'source' }, el('option', { value: 'bank' }, app.t('source-bank')), el('option', { value: 'platform' }, app.t('source-platform'))),
      el('label', { for: 'book' }, app.t('files-fund')),
      el('select', { id: 'book' }, ...funds.map((/** @type {any} */ f) => el('option', { value: f.book }, of(app, f.title)))),
      ...field('settlement', app.t('files-settlement') + app.t('optional'), app.t('files-settlement-hint'), { maxlength: '64' }),
      el('label', { for: 'file' }, app.t('files-file')),
      el('input', { id: 'file', type: 'file', accept: '.csv,.xlsx' }),
      el('p', { class: 'hint' }, app.t('files-hint')),
      submit(app.t('files-send'))),
    el('div', { class: 'actions' }, button(app.t('reconcile'), () => app.go('reconcile'), { id: 'reconcile' })),
    el('h2', {}, app.t('files-past')),
    imports.length ? importTable(app, imports) : el('p', {}, app.t('files-none')),
  ],
};

/** @param {App} app */
function upload(app) {
  const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
  const file = value('file').files?.[0];
  if (!file) return app.complain('bad-file', 'file', { field: app.t('files-file') });
  if (file.size > MAX_FILE) return app.complain('bad-file-large', 'file', { field: app.t('files-file') });
  const source = /** @type {'bank' | 'platform'} */ (value('source').value);
  const settlement = value('settlement').value.trim();
  const query = source === 'platform' ? `?book=${value('book').value}${settlement ? `&settlement=${encodeURIComponent(settlement)}` : ''}` : '';
  const type = file.name.toLowerCase().endsWith('.xlsx') ? XLSX : 'text/csv';
  return app.act(async () => {
    const report = await app.service.importFile(source, new Uint8Array(await file.arrayBuffer()), query, type);
    void app.go('report', { report });
  }, { busy: 'files-sending', outage: 'outage-record' });
}

/** What the file moved. @param {App} app @param {any} found @returns {[string, string][]} */
function sums(app, found) {
  return ['amount', 'credits', 'debits'].filter((name) => typeof found[name] === 'number').map((name) => [app.t(`count-${name}`), fenText(found[name], app.lang)]);
}

/** @type {View} */
export const report = {
  tab: 'files',
  title: (app) => app.t('report-title'),
  load: async (app, { id, report: found }) => found ?? app.service.report(id),
  draw: (app, found) => {
    /** @type {[string, string][]} */
    const counts = Object.entries(found.classes ?? {}).map(([name, n]) => [named(app, 'count', name), String(n)]);
    const rows = found.problems.map((/** @type {any} */ p) => [String(p.line), p.field, p.reason ?? p.code]);
    return [
      table([[app.t('col-rows'), String(found.rows)], ...counts, ...sums(app, found), ...(found.left_out ? [/** @type {[string, string]} */ ([app.t('count-left_out'), String(found.left_out)])] : [])]),
      ...(found.donations?.length ? [notice(app.t('codes-hint')), button(app.t('codes'), () => saveCodes(app, found.donations), { id: 'codes', class: 'primary' })] : []),
      rows.length ? grid(app.t('report-problems'), ['line', 'field', 'what'].map((key) => app.t(`col-${key}`)), rows, [0]) : el('p', { class: 'said-well' }, app.t('report-clean')),
    ];
  },
};

/** The receipt codes of a file, to be given to the donors; no report keeps them. @param {App} app @param {any[]} donations */
function saveCodes(app, donations) {
  const lines = donations.map((d) => [String(d.line), d.state, d.code, d.url]);
  save(csvOf([['codes-line', 'codes-state', 'codes-code', 'codes-url'].map((key) => app.t(key)), ...lines]), 'receipt-codes.csv', 'text/csv');
}

/** @type {View} */
export const reconcile = {
  tab: 'files',
  title: (app) => app.t('reconcile'),
  load: (app) => app.service.reconciliation(),
  draw: (app, found) => [
    el('p', {}, app.t('reconcile-lead', { from: found.from, to: found.to })),
    table(Object.entries(found.classes).map(([name, n]) => [named(app, 'class', name), String(n)])),
    ...(found.gaps.length ? [grid(app.t('reconcile-gaps'), ['what', 'day', 'line', 'left'].map((key) => app.t(`col-${key}`)), found.gaps.map((/** @type {any} */ gap) => gapRow(app, gap)), [2, 3])] : [el('p', { class: 'said-well' }, app.t('reconcile-clean'))]),
  ],
};

/** @param {App} app @param {any} gap */
const gapRow = (app, gap) => [gap.meaning, gap.line?.day ?? gap.booking?.day ?? '', gap.line ? String(gap.line.line) : '', gap.difference === undefined ? '' : fenText(gap.difference, app.lang)];
