/** Before anything can be seen: activation with a printed code, or the PIN. */
import { el } from '../page/dom.js';
import { button, field, form, notice, submit } from '../keyed/parts.js';
import { activationCharacters } from './service.js';
import { MAX_PIN, MIN_PIN, WrongPin, weakness } from '../keyed/vault.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value;
const PIN = { type: 'password', required: '', minlength: String(MIN_PIN), maxlength: String(MAX_PIN) };

/** @type {View} */
export const welcome = {
  title: (app) => app.t('welcome-title'),
  draw: (app) => [
    el('p', { class: 'lead' }, app.t('welcome-lead')),
    el('p', {}, app.t('welcome-how')),
    form('activate', () => activate(app),
      ...field('activation-code', app.t('code-label'), app.t('code-hint'), { autocomplete: 'one-time-code', maxlength: '40', class: 'mono' }),
      ...field('pin', app.t('pin-label'), app.t('pin-hint'), { ...PIN, autocomplete: 'new-password' }),
      ...field('pin-again', app.t('pin-again'), '', { ...PIN, autocomplete: 'new-password' }),
      submit(app.t('activate'))),
  ],
};

/** @param {App} app */
function activate(app) {
  const characters = activationCharacters(value('activation-code'));
  const pin = value('pin');
  const weak = weakness(pin);
  if (!value('activation-code').trim()) return app.complain('code-empty', 'activation-code');
  if (characters === null) return app.complain('code-form', 'activation-code');
  if (weak) return app.complain(`pin-${weak}`, 'pin');
  if (pin !== value('pin-again')) return app.complain('pin-differs', 'pin-again');
  return app.act(async () => {
    try {
      await app.session.activate(characters, pin);
    } catch (error) {
      if (error instanceof DOMException) return app.complain('no-storage'); // some private windows take no keys
      throw error;
    }
    void app.reset('home');
  }, { busy: 'activating', refused: { 'activation-refused': 'code-refused' } });
}

/** @type {View} */
export const unlock = {
  title: (app) => app.t('unlock-title'),
  draw: (app) => [
    el('p', { class: 'lead' }, app.t('unlock-lead')),
    form('unlock', () => open(app),
      ...field('pin', app.t('pin'), '', { ...PIN, autocomplete: 'current-password' }),
      submit(app.t('unlock'))),
    el('details', {},
      el('summary', {}, app.t('pin-forgotten')),
      el('p', {}, app.t('pin-forgotten-text')),
      el('p', {}, button(app.t('erase'), () => app.go('erase'), { id: 'erase' }))),
  ],
};

/** @param {App} app */
function open(app) {
  const pin = value('pin');
  if (!pin) return app.complain('pin-empty', 'pin');
  return app.act(async () => {
    try {
      await app.session.unlock(pin);
    } catch (error) {
      if (!(error instanceof WrongPin)) throw error;
      if (error.left === 0) {
        void app.reset('welcome');
        return app.complain('pin-wiped');
      }
      /** @type {HTMLInputElement} */ (document.getElementById('pin')).value = '';
      return app.complain('pin-wrong', 'pin', { n: String(error.left) });
    }
    void app.reset('home');
  }, { busy: 'unlocking' });
}

/** The service does not take this key. Nothing is deleted by itself: it may be the clock. @type {View} */
export const unknown = {
  title: (app) => app.t('not-known-title'),
  draw: (app) => [
    notice(app.t('not-known'), 'not-known'),
    el('div', { class: 'actions' },
      button(app.t('retry'), () => app.reset('home'), { id: 'retry', class: 'primary' }),
      button(app.t('erase'), () => app.go('erase'), { id: 'erase' })),
  ],
};

/** No place for a key. @type {View} */
export const unusable = {
  title: (app) => app.t('welcome-title'),
  draw: (app) => [notice(app.t(globalThis.isSecureContext ? 'no-storage' : 'no-crypto'), 'unusable')],
};

/** Somebody scanned a one-time code with an ordinary scanner. @type {View} */
export const scanned = {
  title: (app) => app.t('scanned-title'),
  draw: (app) => [
    notice(app.t('scanned'), 'scanned'),
    el('div', { class: 'actions' }, button(app.t('scanned-mine'), async () => void app.reset((await app.session.vault.kept()) ? 'unlock' : 'welcome'), { id: 'mine' })),
  ],
};
