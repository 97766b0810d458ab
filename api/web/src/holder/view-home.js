/** Own certificates and their details. */
import { el } from '../page/dom.js';
import { dateText, fenText } from '../page/format.js';
import { valueText } from '../page/field-names.js';
import { NOTICES } from '../page/texts.js';
import { Declined } from '../keyed/client.js';
import { button, card, headline, notice, save, table } from '../keyed/parts.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

export const MZC = 'application/vnd.minzheng.mzc';
/** @type {Record<string, number>} */
const KINDS = { marriage: 1, divorce: 2, donation: 3 };

/** @type {View} */
export const home = {
  tab: 'home',
  title: (app) => app.t('home-title'),
  async load(app) {
    const [certificates, consents] = await Promise.all([app.service.certificates(), app.service.consents()]);
    return { certificates, waiting: consents.pending.length };
  },
  draw: (app, { certificates, waiting }) => [
    ...(waiting ? [waitingCard(app, waiting)] : []),
    el('div', { class: 'show' },
      button(app.t('show-code'), () => app.go('code'), { id: 'show-code', class: 'primary wide', describedby: 'show-code-hint' }),
      el('p', { id: 'show-code-hint', class: 'hint' }, app.t('show-code-hint'))),
    ...(certificates.length ? certificates.map((/** @type {any} */ c) => certificateCard(app, c)) : [el('p', {}, app.t('home-none'))]),
  ],
};

/** @param {App} app @param {number} n */
function waitingCard(app, n) {
  const node = card(app.t(n === 1 ? 'waiting-one' : 'waiting-many', { n: String(n) }), [], () => app.go('requests'), 'waiting');
  node.classList.add('waiting');
  return node;
}

/** @param {App} app @param {any} c */
function certificateCard(app, c) {
  const node = card(headline(c[app.lang]), [`${app.t('issued-on')} ${issued(app, c)}`, stateText(app, c)], () => app.go('certificate', { certificate: c }));
  node.dataset.cti = c.cti;
  return node;
}

/** @param {App} app @param {any} c */
const issued = (app, c) => dateText(Date.parse(c.issued_at) / 1000, app.lang);

/** @param {App} app @param {any} c */
const stateText = (app, c) => `${app.t('state')}${app.lang === 'zh' ? '：' : ': '}${app.t(c.valid ? 'state-valid' : 'state-invalid')}`;

/** @param {{name: string}} slot */
export const isNumber = ({ name }) => name.endsWith('_document_number');

/** Value of a field as people read it. @param {App} app @param {{name: string, value: unknown}} slot @param {boolean} [whole] document numbers in full, for somebody may look over the shoulder */
export function slotText(app, { name, value }, whole = true) {
  if (!whole && isNumber({ name })) return `${'•'.repeat(Math.max(0, String(value).length - 4))}${String(value).slice(-4)}`;
  if (typeof value === 'boolean') return app.t(value ? 'yes' : 'no');
  if (typeof value === 'number' && name.endsWith('_fen')) return fenText(value, app.lang);
  return valueText(name, value, app.lang);
}

/** @type {View} */
export const certificate = {
  tab: 'home',
  title: (app, _, { certificate: c }) => headline(c[app.lang]),
  draw(app, _, args) {
    const { certificate: c, whole = false } = args;
    const said = NOTICES[app.lang][KINDS[c.kind]];
    return [
      table([[app.t('state'), app.t(c.valid ? 'state-valid' : 'state-invalid')], [app.t('issued-on'), issued(app, c)], [app.t('issuer'), c.issuer]]),
      ...(said ? [notice(said)] : []),
      el('div', { class: 'actions' }, button(app.t('cert-show'), () => app.go('disclose', { certificate: c, chosen: new Set(), way: 'party', challenge: '' }), { id: 'disclose', class: 'primary wide' })),
      el('h2', {}, app.t('cert-fields')),
      el('p', { class: 'hint' }, app.t('cert-hint')),
      table(c.slots.map((/** @type {any} */ slot) => [headline(slot[app.lang]), slotText(app, slot, whole)])),
      ...(c.slots.some(isNumber) ? [el('p', {}, button(app.t(whole ? 'numbers-hide' : 'numbers-show'), () => reveal(app, args), { id: 'numbers' }))] : []),
      button(app.t('cert-download'), () => download(app, c), { id: 'download', describedby: 'download-hint' }),
      el('p', { id: 'download-hint', class: 'hint' }, app.t('cert-download-hint')),
    ];
  },
};

/** @param {App} app @param {any} args */
function reveal(app, args) {
  args.whole = !args.whole;
  app.redraw();
  document.getElementById('numbers')?.focus();
}

/** @param {App} app @param {any} c */
function download(app, c) {
  return app.act(async () => {
    try {
      save(await app.service.file(c.cti), 'certificate.mzc', MZC);
    } catch (error) {
      if (error instanceof Declined) return app.complain('file-gone');
      throw error;
    }
    app.say('made-file');
  });
}
