/** One donation by hand, its receipt, and finding one again. */
import { Declined } from '../keyed/client.js';
import { button, form, field, notice, submit, table } from '../keyed/parts.js';
import { qrPicture } from '../keyed/qr-picture.js';
import { el } from '../page/dom.js';
import { donationFields } from './acts.js';
import { draftOf } from './form.js';
import { amountText, of, today } from './parts.js';
import { drawForm } from './sending.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @type {View} */
export const donate = {
  tab: 'home',
  title: (app) => app.t('donate'),
  load: (app, { book }) => app.service.fund(book),
  draw(app, fund, args) {
    const name = `${fund.book}/donate`;
    return drawForm(app, {
      name, final: false, fields: donationFields(fund.unit !== null), context: { unit: fund.unit, today: today(app) }, draft: draftOf(app, name),
      send: (_, found) => send(app, fund, found),
      done: (answer, found) => void app.replace('receipt', { receipt: { ...answer, donation_no: found.donation_no, day: found.received_on, amount: found.amount_fen ?? found.quantity, donor: found.donor_name, handler: found.handler }, fund }),
    }, args);
  },
};

/** The donation number is what makes a second sending harmless. @param {App} app @param {any} fund @param {any} found */
async function send(app, fund, found) {
  const row = { ...found, ...(fund.unit ? { property: 'goods', item: fund.unit.item, unit: fund.unit.unit } : {}) };
  const [answer] = await app.service.donate(fund.book, [row]);
  if (answer.errors?.length) throw new Declined(422, 'rejected', app.t('declined'), { errors: answer.errors });
  return answer;
}

/** @type {View} */
export const receipt = {
  tab: 'home',
  title: (app) => app.t('receipt-title'),
  draw: (app, _, { receipt: found, fund }) => [
    el('p', { class: 'said-well', id: 'donated' }, app.t(found.state === 'waiting' ? 'donated-waiting' : 'donated')),
    el('article', { class: 'receipt' },
      el('h2', {}, app.lang === 'zh' ? app.session.party.name_zh : app.session.party.name_en),
      table([
        [app.t('receipt-fund'), of(app, fund.title)],
        [app.t('f-donation_no'), found.donation_no],
        ...(found.amount ? [/** @type {[string, string]} */ ([app.t('receipt-amount'), amountText(app, found.amount, fund.unit)])] : []),
        ...['day', 'donor', 'handler'].filter((key) => found[key]).map((key) => /** @type {[string, string]} */ ([app.t(`receipt-${key}`), found[key]])),
      ]),
      el('div', { class: 'frame' }, qrPicture(found.url, app.t('receipt-qr'))),
      el('p', { class: 'digest', id: 'code', translate: 'no' }, found.code),
      el('p', { class: 'digest', id: 'address', translate: 'no' }, found.url),
      el('p', {}, app.t('receipt-how')),
      notice(app.t('receipt-not-fiscal'))),
    el('div', { class: 'actions' },
      button(app.t('print'), () => print(), { id: 'print', class: 'primary' }),
      button(app.t('donate-next'), () => app.replace('donate', { book: fund.book }), { id: 'next' })),
  ],
};

/** @type {View} */
export const find = {
  tab: 'home',
  title: (app) => app.t('find-donation'),
  draw: (app) => [
    form('find', () => look(app), ...field('donation-no', app.t('f-donation_no'), app.t('find-hint'), { maxlength: '64' }), submit(app.t('find'))),
  ],
};

/** @param {App} app */
function look(app) {
  const number = /** @type {HTMLInputElement} */ (document.getElementById('donation-no')).value.trim();
  if (!number) return app.complain('bad-empty', 'donation-no', { field: app.t('f-donation_no') });
  return app.act(async () => {
    const found = await app.service.findDonation(number);
    const fund = await app.service.fund(found.book);
    void app.go('receipt', { receipt: { ...found, donation_no: number }, fund });
  }, { refused: { 'not-found': 'donation-unknown' } });
}
