/** Payments, newest first: class, who kind of payee, voucher, and whether the receipt was acknowledged. */
import { el } from '../page/dom.js';
import { amountText, isoText } from './amounts.js';
import { Missing, Outage, json } from './client.js';
import { dataTable, digest } from './parts.js';

/** @param {import('./page.js').Page} page @param {any} one @param {any} paid @returns {Node[]} */
export function payments(page, one, paid) {
  if (!paid.payments.length) return [el('p', {}, page.t('no-payments'))];
  const holder = el('div', {}, rows(page, one, paid.payments));
  if (paid.next === null) return [holder];
  const more = el('button', { type: 'button', class: 'secondary' }, page.t('more'));
  const trouble = el('p', { role: 'alert' });
  more.addEventListener('click', async () => {
    try {
      const further = await json(`/v1/charity/books/${one.book}/payments.json?limit=20&before=${paid.next}`);
      paid.payments.push(...further.payments);
      paid.next = further.next;
    } catch (error) {
      if (!(error instanceof Missing || error instanceof Outage)) throw error;
      trouble.textContent = page.t('outage');
      return;
    }
    holder.replaceChildren(rows(page, one, paid.payments));
    trouble.textContent = '';
    more.hidden = paid.next === null;
  });
  return [holder, more, trouble];
}

/** @param {import('./page.js').Page} page @param {any} one @param {any[]} items */
function rows(page, one, items) {
  const text = (/** @type {number} */ n) => amountText(n, one.unit, page.lang);
  const cells = items.map((p) => [
    String(p.no), day(page, p), page.t(`class-${p.class}`), page.t(`payee-${p.payee}`), text(p.amount), state(page, one, p), digest(p.voucher)]);
  return dataTable(page.t('payments-hint'), ['no', 'time', 'class', 'payee', 'amount', 'state', 'voucher'].map((key) => page.t(key)), cells, [4]);
}

/** Of the payment, and of its entry where that was later. @param {import('./page.js').Page} page @param {any} p */
function day(page, p) {
  if (p.paid === null) return '–';
  const paid = isoText(p.paid, page.lang);
  return p.paid_recorded === p.paid ? paid : page.t('entered-later', { day: paid, entered: isoText(p.paid_recorded, page.lang) });
}

/** @param {import('./page.js').Page} page @param {any} one @param {any} p */
function state(page, one, p) {
  const parts = [page.t(`state-${p.state}`)];
  if (p.acknowledged > 0 && p.state !== 'acknowledged') parts.push(page.t('acknowledged-part', { amount: amountText(p.acknowledged, one.unit, page.lang) }));
  if (p.returned > 0 && p.returned < p.amount) parts.push(page.t('returned-part', { amount: amountText(p.returned, one.unit, page.lang) }));
  return parts.join(page.lang === 'zh' ? '；' : '; ');
}
