/** The holder's page: wires storage, service, views and the browser's events. */
import { byId } from '../page/dom.js';
import { App } from './app.js';
import { Client } from './client.js';
import { Service } from './service.js';
import { Session } from './session.js';
import { Store } from './store.js';
import { TEXTS } from './texts.js';
import { Vault } from './vault.js';
import { code } from './view-code.js';
import { disclose } from './view-disclose.js';
import { certificate, home } from './view-home.js';
import { device, erase, revoke, uses } from './view-record.js';
import { request, requests } from './view-requests.js';
import { scanned, unknown, unlock, unusable, welcome } from './view-start.js';

const IDLE = 300; // seconds without a touch until the page locks
const HIDDEN = 60; // seconds out of sight until it locks
const VIEWS = { welcome, unlock, unknown, unusable, scanned, home, certificate, disclose, code, requests, request, uses, device, revoke, erase };

/** @returns {'zh' | 'en'} */
function storedLanguage() {
  try {
    return localStorage.getItem('language') === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage may be forbidden
  }
}

/** @param {App} app */
function words(app) {
  document.documentElement.lang = app.lang === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = TEXTS[app.lang][node.getAttribute('data-t') ?? ''];
  byId('menu').setAttribute('aria-label', app.t('nav-label'));
  const button = byId('language');
  button.textContent = app.t('language');
  button.lang = app.lang === 'zh' ? 'en' : 'zh-CN';
  button.setAttribute('aria-label', app.t('language-label'));
}

/** @param {App} app */
function wire(app) {
  byId('language').addEventListener('click', () => {
    app.lang = app.lang === 'zh' ? 'en' : 'zh';
    try {
      localStorage.setItem('language', app.lang);
    } catch {
      // the choice then lasts as long as the page
    }
    words(app);
    app.redraw();
  });
  byId('back').addEventListener('click', () => history.back());
  byId('retry-load').addEventListener('click', () => app.replace(app.place.view, app.place.args));
  addEventListener('popstate', () => void app.stepBack());
  for (const node of document.querySelectorAll('#menu button')) {
    node.addEventListener('click', () => app.reset(node.getAttribute('data-view') ?? ''));
  }
}

/** Locked after a while without a touch, and soon after the page went out of sight. @param {App} app */
function guard(app) {
  let touched = performance.now();
  let hidden = 0;
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => (touched = performance.now()), { capture: true, passive: true });
  const check = () => {
    const now = performance.now();
    if (now - touched > IDLE * 1000 || (hidden && now - hidden > HIDDEN * 1000)) app.lock();
  };
  setInterval(check, 5000);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) app.hide();
    else check(); // timers sleep in the background
    hidden = document.hidden ? performance.now() : 0;
  });
  addEventListener('pagehide', () => {
    app.hide();
    app.lock(); // the page may be kept for the back button, with all that is in it
  });
}

/** The fragment is somebody's one-time code, scanned with an ordinary scanner: it leaves the address unread. @returns {boolean} */
function tookFragment() {
  if (location.hash.length < 2) return false;
  history.replaceState(null, '', location.pathname);
  return true;
}

async function start() {
  const fragment = tookFragment();
  const client = new Client(() => (app.lang === 'zh' ? 'zh-CN' : 'en'));
  const usable = 'subtle' in (globalThis.crypto ?? {}) && 'indexedDB' in globalThis;
  /** @type {Store | null} */
  let store = null;
  try {
    store = usable ? await Store.open() : null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  const vault = new Vault(/** @type {Store} */ (store));
  const app = new App(new Session(new Service(client), vault), VIEWS, storedLanguage());
  words(app);
  wire(app);
  guard(app);
  byId('unstarted').remove();
  addEventListener('hashchange', () => {
    if (tookFragment()) void app.go('scanned');
  });
  if (!store) return app.reset('unusable');
  if (fragment) return app.reset('scanned');
  return app.reset((await vault.kept()) ? 'unlock' : 'welcome');
}

void start();
