/** The holder's page: wires storage, service, views and the browser's events. */
import { App } from '../keyed/app.js';
import { Client } from '../keyed/client.js';
import { guard, wire } from '../keyed/frame.js';
import { Store } from '../keyed/store.js';
import { Vault } from '../keyed/vault.js';
import { byId } from '../page/dom.js';
import { Service } from './service.js';
import { Session } from './session.js';
import { TEXTS } from './texts.js';
import { code } from './view-code.js';
import { disclose } from './view-disclose.js';
import { certificate, home } from './view-home.js';
import { device, erase, revoke, uses } from './view-record.js';
import { request, requests } from './view-requests.js';
import { scanned, unknown, unlock, unusable, welcome } from './view-start.js';

const VIEWS = { welcome, unlock, unknown, unusable, scanned, home, certificate, disclose, code, requests, request, uses, device, revoke, erase };

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
    store = usable ? await Store.open('mz-holder') : null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  const vault = new Vault(/** @type {Store} */ (store));
  const app = new App(new Session(new Service(client), vault), VIEWS, TEXTS);
  wire(app);
  guard(app, { idle: 300, unseen: 60 }); // a telephone lies about
  byId('unstarted').remove();
  addEventListener('hashchange', () => {
    if (tookFragment()) void app.go('scanned');
  });
  if (!store) return app.reset('unusable');
  if (fragment) return app.reset('scanned');
  return app.reset((await vault.kept()) ? 'unlock' : 'welcome');
}

void start();
