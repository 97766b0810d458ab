/** All charities and their funds. */
import { el } from '../page/dom.js';
import { json } from './client.js';
import { address } from './place.js';
import { entry, hint, section } from './parts.js';

/** @type {import('./page.js').View} */
export const list = {
  load: () => json('/v1/charity'),
  title: (page) => page.t('title'),
  trail: () => [],
  draw(page, data) {
    const found = data.charities.map((/** @type {any} */ one) => section(`charity-${one.uscc}`, page.of({ zh: one.name, en: one.name_en }),
      el('ul', { class: 'entries' },
        entry(`#${one.uscc}`, page.t('of-charity'), [one.uscc]),
        ...one.funds.map((/** @type {any} */ fund) => entry(address(fund.book), page.of({ zh: fund.title_zh, en: fund.title_en }), fund.closed ? [page.t('is-closed')] : [])))));
    return [el('p', { class: 'lead' }, page.t('lead')), hint(page.t('private')), el('p', {}, el('a', { href: '/d' }, page.t('to-donor'))), ...(found.length ? found : [el('p', { id: 'nothing' }, page.t('no-charities'))])];
  },
};
