/** Pieces that several views are made of. Text enters as text only. */
import { el } from '../page/dom.js';

/** @typedef {string | Node} Cell */

/**
 * A table that becomes a list on a telephone: every cell carries its column's name. The roles are written out, because a
 * changed `display` takes them away in some browsers.
 * @param {string} caption @param {string[]} heads @param {Cell[][]} rows the first cell of each names it @param {number[]} [numbers] columns set to the right
 */
export function dataTable(caption, heads, rows, numbers = []) {
  const style = (/** @type {number} */ i) => (numbers.includes(i) ? 'number' : '');
  const head = el('tr', { role: 'row' }, ...heads.map((text, i) => el('th', { scope: 'col', role: 'columnheader', class: style(i) }, text)));
  const body = rows.map((cells) => el('tr', { role: 'row' }, ...cells.map((cell, i) => (i === 0
    ? el('th', { scope: 'row', role: 'rowheader', 'data-label': heads[0] }, el('bdi', {}, cell))
    : el('td', { role: 'cell', class: style(i), 'data-label': heads[i] }, el('bdi', {}, cell))))));
  return el('table', { role: 'table' }, el('caption', {}, caption), el('thead', { role: 'rowgroup' }, head), el('tbody', { role: 'rowgroup' }, ...body));
}

/** @param {string} id @param {string} title @param {...Node} children */
export function section(id, title, ...children) {
  return el('section', { id, 'aria-labelledby': `${id}-title` }, el('h2', { id: `${id}-title` }, title), ...children);
}

/** Figures at a glance. @param {[string, string][]} items label, value */
export function sums(items) {
  return el('ul', { class: 'sums' }, ...items.map(([label, value]) => el('li', {}, el('span', {}, label), el('b', {}, value))));
}

/** A hash, shortened for the eye; whole for who copies it. @param {string | null} hex */
export function digest(hex) {
  return hex ? el('span', { class: 'digest', translate: 'no' }, hex) : '–';
}

/** @param {string} href @param {string} title @param {string[]} lines */
export function entry(href, title, lines) {
  return el('li', {}, el('a', { class: 'entry', href }, el('strong', {}, el('bdi', {}, title)), ...lines.map((line) => el('span', {}, el('bdi', {}, line)))));
}

/** @param {[string, string][]} items address, words */
export function links(items) {
  return el('ul', { class: 'links' }, ...items.map(([href, text]) => el('li', {}, el('a', { href }, text))));
}

/** @param {string} text */
export const hint = (text) => el('p', { class: 'hint' }, text);
