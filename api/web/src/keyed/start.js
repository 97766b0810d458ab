/** Start a page of an office: storage, key, language, lock. */
import { byId } from '../page/dom.js';
import { App } from './app.js';
import { Client } from './client.js';
import { guard, wire } from './frame.js';
import { Login } from './login.js';
import { Store } from './store.js';
import { Vault } from './vault.js';

const LIMITS = { idle: 900, unseen: 900 }; // an office copies from other windows; what was typed outlives the lock

/**
 * @param {{store: string, role: string, views: Record<string, import('./app.js').View>, texts: Record<'zh' | 'en', Record<string, string>>, service: (client: Client) => any}} page
 * `role`: of the party whose key may enter
 */
export async function start({ store: name, role, views, texts, service }) {
  const client = new Client(() => (app.lang === 'zh' ? 'zh-CN' : 'en'));
  const usable = 'subtle' in (globalThis.crypto ?? {}) && 'indexedDB' in globalThis;
  /** @type {Store | null} */
  let store = null;
  try {
    store = usable ? await Store.open(name) : null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  const vault = new Vault(/** @type {Store} */ (store));
  const app = new App(new Login(service(client), vault), views, texts, role);
  wire(app);
  guard(app, LIMITS);
  addEventListener('beforeunload', (event) => {
    if ([...app.drafts.values()].some((draft) => draft.touched)) event.preventDefault(); // what was typed ends with the page
  });
  byId('unstarted').remove();
  if (!store) return app.reset('unusable');
  return app.reset((await vault.kept()) ? 'unlock' : 'welcome');
}
