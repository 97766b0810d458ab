/** Being told when something moves: asking for it under a result, and what the address in a mail is for. */
import { hint, section } from '../charity/parts.js';
import { el } from '../page/dom.js';
import { hex } from '../verifier/bytes.js';
import { Later, Missing, Outage, Refused, postJson } from './client.js';
import { said } from './texts.js';

/** @typedef {import('./texts.js').Lang} Lang */

/** What a failure is called, in a key of the texts. @param {unknown} error @returns {string} */
export function problemOf(error) {
  if (error instanceof Later) return 'later';
  if (error instanceof Outage) return 'outage';
  if (error instanceof Missing) return 'missing';
  if (error instanceof Refused) return error.fields.includes('channel:not-offered') ? 'watch-not-offered' : 'watch-bad';
  throw error;
}

/** @param {string} donation hexadecimal @param {Lang} lang @returns {HTMLElement} */
export function watchForm(donation, lang) {
  const t = said(lang);
  const answer = el('div', { id: 'watch-said', role: 'status' });
  const input = /** @type {HTMLInputElement} */ (el('input', { id: 'watch-address', type: 'text', inputmode: 'email', autocomplete: 'email', spellcheck: 'false', autocapitalize: 'off', maxlength: '500', 'aria-describedby': 'watch-hint' }));
  const form = el('form', { id: 'watch-form', novalidate: '' }, el('label', { for: 'watch-address' }, t('watch-label')), input, el('button', { type: 'submit', class: 'secondary' }, t('watch-go')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const address = input.value.trim();
    answer.textContent = t('sending');
    const channel = address.startsWith('https:') ? 'webhook' : 'mail';
    postJson('/v1/charity/watches', { donation, channel, address }).then(
      (made) => {
        answer.replaceChildren(el('p', { class: 'said-well' }, t('watch-asked')), ...(made.secret ? [el('p', {}, t('watch-secret')), el('code', { translate: 'no' }, made.secret)] : []));
        form.remove();
      },
      (error) => answer.replaceChildren(el('p', { class: 'notice' }, t(problemOf(error)))),
    );
  });
  const text = hint(t('watch-hint'));
  text.id = 'watch-hint';
  return section('watch', t('watch-title'), text, form, answer);
}

/** The address in a mail was opened: nothing happens before a press, since mail scanners open addresses, too. @param {{watch: Uint8Array, token: Uint8Array}} link @param {Lang} lang @returns {HTMLElement} */
export function tokenView(link, lang) {
  const t = said(lang);
  const body = { watch: hex(link.watch), token: hex(link.token) };
  const answer = el('div', { id: 'token-said', role: 'status' });
  const actions = el('div', { class: 'actions' });
  const press = (/** @type {string} */ path, /** @type {string} */ done) => () => {
    answer.textContent = t('sending');
    postJson(`/v1/charity/watches/${path}`, body).then(
      () => answer.replaceChildren(el('p', { class: 'said-well' }, t(done))),
      (error) => {
        const problem = problemOf(error);
        answer.replaceChildren(el('p', { class: 'notice' }, t(problem === 'missing' ? 'token-missing' : problem)));
      },
    );
  };
  for (const [path, name, label, done] of [['confirm', 'primary', 'token-confirm', 'token-confirmed'], ['end', 'secondary', 'token-end', 'token-ended']]) {
    const button = el('button', { type: 'button', class: name, id: label }, t(label));
    button.addEventListener('click', press(path, done));
    actions.append(button);
  }
  return el('div', {}, el('h1', { id: 'outcome', tabindex: '-1' }, t('token-title')), el('p', {}, t('token-text')), actions, answer);
}
