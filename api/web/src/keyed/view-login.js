/** Before anything can be done: make a key, have it registered, or open it with the PIN. For the pages of offices. */
import { el } from '../page/dom.js';
import { hex } from '../verifier/bytes.js';
import { NotKnown } from './client.js';
import { button, field, form, notice, submit, table } from './parts.js';
import { MAX_PIN, MIN_PIN, WrongPin, weakness } from './vault.js';

/** @typedef {import('./app.js').App} App @typedef {import('./app.js').View} View */

const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value;
const PIN = { type: 'password', required: '', minlength: String(MIN_PIN), maxlength: String(MAX_PIN) };

/** @type {View} */
export const welcome = {
  title: (app) => app.t('welcome-title'),
  draw: (app) => [
    el('p', { class: 'lead' }, app.t('welcome-lead')),
    el('p', {}, app.t('welcome-how')),
    form('make-key', () => make(app),
      ...field('pin', app.t('pin-label'), app.t('pin-hint'), { ...PIN, autocomplete: 'new-password' }),
      ...field('pin-again', app.t('pin-again'), '', { ...PIN, autocomplete: 'new-password' }),
      submit(app.t('make-key'))),
  ],
};

/** @param {App} app */
function make(app) {
  const pin = value('pin');
  const weak = weakness(pin);
  if (weak) return app.complain(`pin-${weak}`, 'pin');
  if (pin !== value('pin-again')) return app.complain('pin-differs', 'pin-again');
  return app.act(async () => {
    try {
      await app.session.make(pin);
    } catch (error) {
      if (error instanceof DOMException) return app.complain('no-storage'); // some private windows take no keys
      throw error;
    }
    void app.reset('unknown');
  }, { busy: 'making-key' });
}

/** @type {View} */
export const unlock = {
  title: (app) => app.t('unlock-title'),
  draw: (app) => [
    el('p', { class: 'lead' }, app.t('unlock-lead')),
    form('unlock', () => open(app), ...field('pin', app.t('pin'), '', { ...PIN, autocomplete: 'current-password' }), submit(app.t('unlock'))),
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
    await enter(app);
  }, { busy: 'unlocking' });
}

/** Begin, if the service knows whose key this is. @param {App} app */
async function enter(app) {
  try {
    const { role } = await app.session.identify();
    void app.reset(role === app.role ? 'home' : 'other');
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error;
    void app.reset('unknown');
  }
}

/** What has to be registered, for somebody who reads it to somebody. @param {App} app */
export function keyTable(app) {
  const key = app.session.key;
  if (key === null) return table([]);
  return table([
    [app.t('key-public'), el('code', { id: 'public-key', translate: 'no' }, hex(key.public))],
    [app.t('key-last'), el('code', { id: 'key-last', translate: 'no' }, hex(key.public).slice(-8))],
    [app.t('key-id'), el('code', { id: 'key-id', translate: 'no' }, key.keyid)],
  ]);
}

/** The service does not take this key (yet). Nothing is deleted by itself: it may be the clock. @type {View} */
export const unknown = {
  title: (app) => app.t('not-known-title'),
  draw: (app) => [
    notice(app.t('not-known'), 'not-known'),
    keyTable(app),
    el('p', { class: 'hint' }, app.t('not-known-how')),
    el('p', { class: 'mono command', translate: 'no' }, `mzt party key add USCC ${hex(app.session.key?.public ?? new Uint8Array())} --key system-01.key --server ${location.origin}`),
    el('div', { class: 'actions' },
      button(app.t('key-copy'), () => copy(app), { id: 'copy-key' }),
      button(app.t('key-check'), () => app.act(() => enter(app)), { id: 'check-key', class: 'primary' }),
      button(app.t('erase'), () => app.go('erase'), { id: 'erase' })),
  ],
};

/** @param {App} app */
function copy(app) {
  return app.act(async () => {
    try {
      await navigator.clipboard.writeText(hex(app.session.key.public));
      app.say('key-copied');
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      app.complain('key-not-copied'); // a browser may refuse; the text can be selected
    }
  });
}

/** The key is good, and belongs to somebody who has no business here. @type {View} */
export const other = {
  title: (app) => app.t('other-title'),
  draw: (app) => [notice(app.t('other', { name: `${app.session.party?.name_zh ?? ''} ${app.session.party?.uscc ?? ''}` }), 'other')],
};

/** No place for a key. @type {View} */
export const unusable = {
  title: (app) => app.t('welcome-title'),
  draw: (app) => [notice(app.t(globalThis.isSecureContext ? 'no-storage' : 'no-crypto'), 'unusable')],
};

/** @type {View} */
export const erase = {
  title: (app) => app.t('erase-title'),
  draw: (app) => [
    notice(app.t('erase-lead')),
    el('div', { class: 'actions' },
      button(app.t('erase-yes'), () => app.act(() => forget(app)), { id: 'erase-yes', class: 'primary' }),
      button(app.t('cancel'), () => history.back(), { id: 'cancel' })),
  ],
};

/** @param {App} app */
async function forget(app) {
  await app.session.erase();
  app.drafts.clear();
  void app.reset('welcome');
  app.say('erased');
}

/** Own key, after it was opened. @type {View} */
export const key = {
  tab: 'key',
  title: (app) => app.t('key-title'),
  draw: (app) => [
    el('p', {}, app.t('key-speaks', { name: `${app.lang === 'zh' ? app.session.party.name_zh : app.session.party.name_en} ${app.session.party.uscc}` })),
    keyTable(app),
    el('p', { class: 'hint' }, app.t('key-hint')),
    el('div', { class: 'actions' },
      button(app.t('lock'), () => app.lock(), { id: 'lock', class: 'primary' }),
      button(app.t('erase'), () => app.go('erase'), { id: 'erase' })),
  ],
};

export const LOGIN_VIEWS = { welcome, unlock, unknown, other, unusable, erase, key };
