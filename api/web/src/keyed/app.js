/** The frame of the page: one view at a time, a stack to go back on, what is said and complained about, the lock. */
import { byId } from '../page/dom.js';
import { Declined, Later, NotKnown, Outage } from './client.js';

/**
 * @typedef {object} View `data` is what `load` found, `args` what the view was opened with.
 * @property {string} [tab] where it stands in the menu; none before the PIN
 * @property {(app: App, data: any, args: any) => string} title
 * @property {(app: App, args: any) => Promise<any>} [load]
 * @property {(app: App, data: any, args: any) => Node[]} draw
 * @property {(app: App, data: any, args: any) => void} [enter] after it was drawn
 * @property {(app: App, data: any, args: any) => void} [leave]
 * @property {(app: App, data: any, args: any) => void} [hide] the page was hidden
 */

/** @typedef {{busy?: string, outage?: string, refused?: Record<string, string>}} ActOptions texts by key; `refused` by the problem's code */
/** @typedef {{view: string, args: any, data: any, loaded: boolean}} Place */

/** [id, value] of the inputs in view that are typed into or chosen from. */
function typedValues() {
  const inputs = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('#view :is(input, select, textarea)')]);
  return inputs.filter((node) => node.id && !['checkbox', 'radio', 'file'].includes(node.type)).map((node) => [node.id, node.value]);
}

/** @param {string[][]} typed an input may be gone by now */
function retype(typed) {
  for (const [id, value] of typed) {
    const node = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
    if (node) node.value = value;
  }
}

/** @returns {'zh' | 'en'} */
function storedLanguage() {
  try {
    return localStorage.getItem('language') === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage may be forbidden
  }
}

export class App {
  /** @param {any} session whether the key is `open`, `lock()`, and the `service` @param {Record<string, View>} views @param {Record<'zh' | 'en', Record<string, string>>} texts @param {string} [role] of the party that the page is for */
  constructor(session, views, texts, role = '') {
    this.session = session;
    this.service = session.service;
    this.views = views;
    this.texts = texts;
    this.role = role;
    /** @type {Map<string, any>} forms that were begun, by a name of theirs: kept until they are sent or the key is deleted */
    this.drafts = new Map();
    this.lang = storedLanguage();
    /** @type {Place[]} */
    this.stack = [];
    /** @type {{key: string, params: Record<string, string>, own?: string} | null} */
    this.problem = null;
    /** @type {{key: string, params: Record<string, string>} | null} */
    this.said = null;
    /** Serial of the latest thing that was opened: what an earlier one finds out is dropped. */
    this.turn = 0;
    this.working = false;
    /** @type {Place | null} where the thing that is under way was begun */
    this.acting = null;
    /** @type {{said: string | null, params: Record<string, string>, problem: string | null}} what to say after the next step back */
    this.after = { said: null, params: {}, problem: null };
  }

  get place() {
    return this.stack[this.stack.length - 1];
  }

  get view() {
    return this.views[this.place.view];
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.texts[this.lang], key);
  }

  /** A text in the page's language. @param {string} key @param {Record<string, string>} [params] */
  t(key, params = {}) {
    return this.texts[this.lang][key].replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '');
  }

  /** @param {string} view @param {any} [args] */
  go(view, args = {}) {
    history.pushState(null, ''); // so that a telephone's own back button goes back here; the address never changes
    return this.#open([...this.stack, { view, args, data: null, loaded: false }]);
  }

  /** @param {string} view @param {any} [args] */
  replace(view, args = {}) {
    return this.#open([...this.stack.slice(0, -1), { view, args, data: null, loaded: false }]);
  }

  /** Begin anew, with nothing to go back to. @param {string} view */
  reset(view) {
    return this.#open([{ view, args: {}, data: null, loaded: false }]);
  }

  /** One step back through the browser's own history, with something to say there. @param {string} [said] @param {string} [problem] @param {Record<string, string>} [params] of what is said */
  back(said, problem, params = {}) {
    if (this.acting && this.acting !== this.place) {
      // the person went elsewhere while it was under way: tell it there, and go nowhere
      if (said) this.say(said, params);
      if (problem) this.complain(problem);
      return;
    }
    this.after = { said: said ?? null, params, problem: problem ?? null };
    history.back(); // ends in `stepBack`
  }

  /** The browser went back: so does the page, with what is there fetched anew, for it may have changed. */
  async stepBack() {
    const { said, params, problem } = this.after;
    this.after = { said: null, params: {}, problem: null };
    const rest = this.stack.slice(0, -1);
    if (!rest.length) return; // at the root there is nothing to go back to; the next step leaves the page
    const opening = this.#open([...rest.slice(0, -1), { ...rest[rest.length - 1], loaded: false }]);
    if (said) this.say(said, params);
    if (problem) this.complain(problem);
    await opening;
  }

  /** @param {Place[]} stack */
  async #open(stack) {
    if (this.stack.length) this.#call('leave');
    this.stack = stack;
    this.problem = null;
    this.said = null;
    const mine = ++this.turn;
    const { place, view } = this;
    if (view.load) {
      this.redraw();
      await this.#guarded(async () => {
        const data = await /** @type {NonNullable<View['load']>} */ (view.load)(this, place.args);
        place.data = data;
        if (mine === this.turn) place.loaded = true;
        else view.leave?.(this, data, place.args);
      }, { busy: 'loading' }, mine);
    } else {
      place.loaded = true;
    }
    if (mine !== this.turn) return;
    await this.#guarded(async () => this.redraw(), {}, mine); // an answer of another shape than expected ends here
    byId('title').focus();
    scrollTo(0, 0);
  }

  /** @param {'enter' | 'leave' | 'hide'} hook */
  #call(hook) {
    const { place, view } = this;
    if (place.loaded) view[hook]?.(this, place.data, place.args);
  }

  /** Draw the present view again, with what was typed kept. */
  redraw() {
    const typed = typedValues();
    const { place, view } = this;
    const title = view.title(this, place.data, place.args);
    byId('title').textContent = title;
    document.title = `${title} · ${this.t('brand')}`;
    byId('view').replaceChildren(...(place.loaded ? view.draw(this, place.data, place.args) : []));
    if (byId('view').dataset.drawn === place.view) retype(typed);
    byId('view').dataset.drawn = place.loaded ? place.view : '';
    this.#frame(view);
    this.#messages();
    if (place.loaded) view.enter?.(this, place.data, place.args);
  }

  /** @param {View} view */
  #frame(view) {
    const inside = this.session.open && view.tab !== undefined;
    byId('menu').hidden = !inside;
    for (const node of document.querySelectorAll('#menu button')) {
      if (node.getAttribute('data-view') === view.tab) node.setAttribute('aria-current', 'page');
      else node.removeAttribute('aria-current');
    }
    byId('back').hidden = this.stack.length < 2;
  }

  #messages() {
    const { problem } = this;
    byId('problem').hidden = problem === null;
    byId('problem-text').textContent = problem === null ? '' : problem.own || this.t(problem.key, problem.params);
    byId('retry-load').hidden = this.place.loaded || problem === null;
    byId('said').textContent = this.said === null ? '' : this.t(this.said.key, this.said.params);
  }

  /** Something that went well. @param {string} key @param {Record<string, string>} [params] */
  say(key, params = {}) {
    this.said = { key, params };
    this.#messages();
  }

  /** Something that did not, and the input that it is about. @param {string} key @param {string} [input] @param {Record<string, string>} [params] @param {string} [own] the service's words */
  complain(key, input, params = {}, own) {
    this.problem = { key, params, own };
    this.said = null;
    this.#messages();
    if (input) {
      const node = byId(input);
      node.setAttribute('aria-invalid', 'true');
      node.setAttribute('aria-errormessage', 'problem-text');
      node.focus();
    }
    byId('problem').scrollIntoView({ block: 'nearest' });
  }

  /** Do something that may fail; one thing at a time. @param {() => Promise<any>} action @param {ActOptions} [options] */
  async act(action, options = {}) {
    if (this.working) return;
    this.working = true;
    this.acting = this.place;
    this.problem = null;
    this.said = null;
    this.#messages();
    for (const node of document.querySelectorAll('#view :is(button, input, select, textarea)')) node.removeAttribute('aria-invalid');
    document.body.classList.add('working');
    try {
      await this.#guarded(action, { busy: 'working', ...options }, null);
    } finally {
      this.working = false;
      this.acting = null;
      document.body.classList.remove('working');
    }
  }

  /** @param {() => Promise<any>} action @param {ActOptions} options @param {number | null} turn dropped if another thing was opened since */
  async #guarded(action, { busy = '', outage = 'outage', refused = {} }, turn) {
    byId('busy').textContent = busy && this.t(busy);
    try {
      await action();
    } catch (error) {
      if (turn !== null && turn !== this.turn) return;
      if (error instanceof NotKnown) void this.reset('unknown');
      else if (error instanceof Later) this.complain('later');
      else if (error instanceof Outage) this.complain(outage);
      else if (error instanceof Declined) this.complain(refused[error.code] ?? 'declined', undefined, {}, refused[error.code] ? '' : error.title);
      else {
        this.complain('unexpected');
        throw error;
      }
    } finally {
      if (turn === null || turn === this.turn) byId('busy').textContent = '';
    }
  }

  /** Forget the key and everything that was fetched with it. */
  lock() {
    if (!this.session.open) return;
    this.session.lock();
    void this.reset('unlock');
  }

  /** The page is not seen any more. */
  hide() {
    if (this.stack.length) this.#call('hide');
  }
}
