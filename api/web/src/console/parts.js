/** Pieces of the console's views. */
import { button } from '../keyed/parts.js';
import { el } from '../page/dom.js';
import { fenText, timeText } from '../page/format.js';
import { civilDay } from './values.js';

/** @typedef {import('../keyed/app.js').App} App */

/** @param {App} app @param {number} amount @param {{unit: string} | null} unit */
export const amountText = (app, amount, unit) => (unit ? `${new Intl.NumberFormat('en-US').format(amount)} ${unit.unit}` : fenText(amount, app.lang));

/** Text of the service in the page's language. @param {App} app @param {any} words */
export const of = (app, words) => (typeof words === 'string' ? words : (words?.[app.lang] ?? words?.zh ?? ''));

/** Text under a key that the service made; the key itself if this page is older than it. @param {App} app @param {string} prefix @param {string} name */
export const named = (app, prefix, name) => (app.has(`${prefix}-${name}`) ? app.t(`${prefix}-${name}`) : name);

/** @param {App} app */
export const today = (app) => civilDay(app.service.client.now());

/** @param {string} caption @param {string[]} heads @param {(string | Node)[][]} rows @param {number[]} [numbers] columns of numbers */
export function grid(caption, heads, rows, numbers = []) {
  const cell = (/** @type {string} */ tag, /** @type {string | Node} */ content, /** @type {number} */ i) => el(tag, { ...(numbers.includes(i) ? { class: 'number' } : {}), ...(tag === 'td' ? { 'data-head': heads[i] } : { scope: 'col' }) }, content);
  return el('table', {},
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...heads.map((head, i) => cell('th', head, i)))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map((content, i) => cell('td', content, i))))));
}

/** Sums beside each other. @param {[string, string][]} entries label, value */
export const sums = (entries) => el('ul', { class: 'sums' }, ...entries.map(([label, value]) => el('li', {}, el('span', {}, label), el('b', {}, value))));

/** What can be recorded, in groups. @param {App} app @param {Record<string, import('./acts.js').Act>} acts @param {(kind: string) => void} go*/
export function actGroups(app, acts, go) {
  const groups = [...new Set(Object.values(acts).map((act) => act.group))];
  return groups.map((group) => el('section', { class: 'acts' },
    el('h2', {}, app.t(`group-${group}`)),
    el('div', { class: 'buttons' }, ...Object.entries(acts).filter(([, act]) => act.group === group).map(([kind]) => button(app.t(`act-${kind}`), () => go(kind), { id: `act-${kind}` })))));
}

/** Files that were brought in, and how many of their rows were refused. @param {App} app @param {any[]} imports */
export function importTable(app, imports) {
  const rows = imports.map((i) => [timeText(i.recorded_at, app.lang), app.t(`source-${i.source}`), String(i.rows), String(i.classes.rejected), button(app.t('files-report'), () => app.go('report', { id: i.id }))]);
  return grid(app.t('files-past'), ['time', 'source', 'rows', 'refused', 'do'].map((key) => app.t(`col-${key}`)), rows, [2, 3]);
}
