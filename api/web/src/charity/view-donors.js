/** Donors who agreed to be named, and the way out: the receipt code takes the name off, without a login. */
import { el } from '../page/dom.js';
import { amountText, isoText } from './amounts.js';
import { Missing, Outage, withdraw } from './client.js';
import { dataTable, hint } from './parts.js';

/** @param {import('./page.js').Page} page @param {any} one @param {any} donors @returns {Node[]} */
export function namedDonors(page, one, donors) {
  const rows = donors.donors.map((/** @type {any} */ d) => [d.name, d.day === null ? '–' : isoText(d.day, page.lang), d.amount === null ? '–' : amountText(d.amount, one.unit, page.lang)]);
  return [dataTable(page.t('donors-hint'), ['donor', 'time', 'amount'].map((key) => page.t(key)), rows, [2]), withdrawal(page)];
}

/** @param {import('./page.js').Page} page */
function withdrawal(page) {
  const code = /** @type {HTMLInputElement} */ (el('input', { id: 'code', class: 'code-input', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', translate: 'no', 'aria-describedby': 'code-hint' }));
  const said = el('p', { id: 'withdrawn', role: 'status' });
  const form = el('form', { id: 'withdraw', novalidate: '', autocomplete: 'off' },
    el('label', { for: 'code' }, page.t('code')), code, el('p', { id: 'code-hint', class: 'hint' }, page.t('code-hint')),
    el('button', { type: 'submit', class: 'secondary' }, page.t('withdraw')), said);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    said.textContent = page.t('loading');
    try {
      await withdraw(code.value.trim());
    } catch (error) {
      if (!(error instanceof Missing || error instanceof Outage)) throw error;
      said.textContent = page.t(error instanceof Missing ? 'code-unknown' : 'code-outage');
      return;
    }
    code.value = '';
    said.textContent = page.t('withdrawn');
  });
  return el('details', {}, el('summary', {}, page.t('withdraw-title')), hint(page.t('withdraw-hint')), form);
}
