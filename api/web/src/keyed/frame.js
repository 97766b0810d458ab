/** The browser's events around an App: language, going back, the menu, and when it locks. */
import { byId } from '../page/dom.js';

/** @typedef {import('./app.js').App} App */

/** @param {App} app */
export function words(app) {
  document.documentElement.lang = app.lang === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = app.texts[app.lang][node.getAttribute('data-t') ?? ''];
  byId('menu').setAttribute('aria-label', app.t('nav-label'));
  const button = byId('language');
  button.textContent = app.t('language');
  button.lang = app.lang === 'zh' ? 'en' : 'zh-CN';
  button.setAttribute('aria-label', app.t('language-label'));
}

/** @param {App} app */
export function wire(app) {
  words(app);
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

/**
 * Locked after `idle` seconds without a touch, and `unseen` seconds after the page went out of sight.
 * @param {App} app @param {{idle: number, unseen: number}} limits
 */
export function guard(app, { idle, unseen }) {
  let touched = performance.now();
  let hidden = 0;
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => (touched = performance.now()), { capture: true, passive: true });
  const check = () => {
    const now = performance.now();
    if (now - touched > idle * 1000 || (hidden && now - hidden > unseen * 1000)) app.lock();
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
