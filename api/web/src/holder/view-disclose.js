/** Choosing what is shown, and making it: a presentation for one party, or a file for whoever gets it. */
import { el } from '../page/dom.js';
import { b64urlDecode } from '../verifier/base.js';
import { field, form, headline, save, submit } from '../keyed/parts.js';
import { readChallenge, withOnly } from './disclose.js';
import { presentation } from './statements.js';
import { MZC, isNumber, slotText } from './view-home.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

const PRESENTATION = 'application/vnd.minzheng.presentation+cose';

/** Nothing is ticked to begin with. @type {View} */
export const disclose = {
  tab: 'home',
  title: (app) => app.t('disclose-title'),
  draw: (app, _, args) => [
    el('p', {}, app.t('disclose-lead')),
    form('disclosing', () => make(app, args),
      choices(app, args),
      el('p', { id: 'chosen', class: 'notice', role: 'status' }, chosenText(app, args)),
      ways(app, args),
      submit(app.t(args.way === 'party' ? 'make-presentation' : 'make-file'))),
  ],
};

/** Other people's fields and document numbers stand folded up behind the rest. @param {App} app @param {any} args */
function choices(app, args) {
  const careful = (/** @type {any} */ slot) => slot.other || isNumber(slot);
  const { slots } = args.certificate;
  const list = el('fieldset', {}, el('legend', {}, app.t('disclose-fields')), ...slots.filter((/** @type {any} */ s) => !careful(s)).map((/** @type {any} */ s) => choice(app, args, s)));
  const rest = slots.filter(careful);
  if (rest.length) {
    const more = el('details', { id: 'careful' }, el('summary', {}, app.t('disclose-careful', { n: String(rest.length) })), el('p', { class: 'hint' }, app.t('disclose-others')), ...rest.map((/** @type {any} */ s) => choice(app, args, s)));
    more.toggleAttribute('open', rest.some((/** @type {any} */ s) => args.chosen.has(s.name)));
    list.append(more);
  }
  return list;
}

/** @param {App} app @param {any} args @param {any} slot */
function choice(app, args, slot) {
  const box = tick('checkbox', `slot-${slot.name}`, 'slot', args.chosen.has(slot.name), () => {
    if (!args.chosen.delete(slot.name)) args.chosen.add(slot.name);
    /** @type {HTMLElement} */ (document.getElementById('chosen')).textContent = chosenText(app, args);
  });
  return el('div', { class: 'choice' }, box, el('label', { for: box.id }, el('span', {}, headline(slot[app.lang])), el('strong', {}, el('bdi', {}, slotText(app, slot)))));
}

/** @param {App} app @param {any} args */
function chosenText(app, args) {
  const names = args.certificate.slots.filter((/** @type {any} */ s) => args.chosen.has(s.name)).map((/** @type {any} */ s) => s[app.lang]);
  if (!names.length) return app.t('disclose-none');
  return app.t('disclose-count', { n: String(names.length), names: names.join(app.lang === 'zh' ? '、' : ', ') });
}

/** @param {App} app @param {any} args */
function ways(app, args) {
  const list = el('fieldset', {}, el('legend', {}, app.t('disclose-way')));
  for (const way of ['party', 'anyone']) {
    const dot = tick('radio', `way-${way}`, 'way', args.way === way, () => {
      args.way = way;
      app.redraw();
      document.getElementById(`way-${way}`)?.focus();
    });
    list.append(el('div', { class: 'choice' }, dot, el('label', { for: dot.id }, el('strong', {}, app.t(`way-${way}`)), el('span', {}, app.t(`way-${way}-hint`)))));
  }
  if (args.way === 'party') list.append(...field('challenge', app.t('challenge-label'), app.t('challenge-hint'), { maxlength: '400', class: 'mono' }));
  return list;
}

/** @param {string} type @param {string} id @param {string} name @param {boolean} checked @param {() => void} action */
function tick(type, id, name, checked, action) {
  const node = /** @type {HTMLInputElement} */ (el('input', { type, id, name }));
  node.checked = checked;
  node.addEventListener('change', action);
  return node;
}

/** @param {App} app @param {any} args */
function make(app, { certificate, chosen, way }) {
  const typed = way === 'party' ? /** @type {HTMLInputElement} */ (document.getElementById('challenge')).value : '';
  const challenge = readChallenge(typed);
  if (way === 'party' && !challenge) return app.complain('challenge-wrong', 'challenge');
  return app.act(async () => {
    const file = withOnly(await app.service.file(certificate.cti), chosen);
    if (!challenge) {
      save(file, 'certificate.mzc', MZC);
      return app.say('made-file');
    }
    const binding = await app.service.binding(certificate.cti);
    const { signer } = /** @type {NonNullable<typeof app.service.client.device>} */ (app.service.client.device);
    const what = { audience: challenge.audience, nonce: b64urlDecode(challenge.nonce), file, binding, at: app.service.client.now() };
    save(presentation(what, signer), 'presentation.mzp', PRESENTATION);
    return app.say('made-presentation');
  });
}
