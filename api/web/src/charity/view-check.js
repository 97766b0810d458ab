/** The one-click check, and what it says. */
import { el } from '../page/dom.js';
import { check } from './check.js';
import { hint } from './parts.js';

/** @param {import('./page.js').Page} page @param {any} fund */
export function checkSection(page, fund) {
  const said = el('div', { role: 'status' });
  const button = /** @type {HTMLButtonElement} */ (el('button', { type: 'button', id: 'check', class: 'primary' }, page.t('check-button')));
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.replaceChildren(el('p', {}, page.t('checking')));
    const found = await check(fund);
    said.replaceChildren(...(found ? result(page, found) : [el('p', { class: 'notice' }, page.t('check-failed'))]));
    button.disabled = false;
  });
  return el('section', { id: 'checking', 'aria-labelledby': 'checking-title' },
    el('h2', { id: 'checking-title' }, page.t('check')), hint(page.t('check-hint')), button, said);
}

/** @param {import('./page.js').Page} page @param {import('./check.js').Checked} found @returns {Node[]} */
function result(page, found) {
  return [
    el('p', {}, el('span', { class: 'badge', id: 'level' }, page.t('check-badge', { level: found.level }))),
    el('ul', { class: 'checks', id: 'found' }, ...found.lines.map((line) => el('li', { class: line.state, 'data-check': line.key }, page.t(line.key, line.params)))),
    hint(page.t('check-limits')),
  ];
}
