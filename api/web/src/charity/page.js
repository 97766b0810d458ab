/** The frame of the page: the words, the place behind `#`, one view at a time, and what is complained about. */
import { byId, el } from '../page/dom.js';
import { Missing, Outage } from './client.js';
import { placeOf } from './place.js';
import { TEXTS } from './texts.js';

/**
 * @typedef {object} View
 * @property {(place: any) => Promise<any>} load
 * @property {(page: Page, data: any, place: any) => string} title
 * @property {(page: Page, data: any, place: any) => [string, string][]} trail address and words of what it belongs to
 * @property {(page: Page, data: any, place: any) => Node[]} draw
 */

export class Page {
  /** @param {Record<string, View>} views @param {'zh' | 'en'} lang */
  constructor(views, lang) {
    this.views = views;
    this.lang = lang;
    this.place = placeOf(location.hash);
    /** @type {any} what the present view was given; null while it loads */
    this.data = null;
    this.turn = 0;
    this.complaint = '';
  }

  /** A text in the page's language. @param {string} key @param {Record<string, string>} [params] */
  t(key, params = {}) {
    return TEXTS[this.lang][key].replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '');
  }

  /** Text under a key that the service made; the key itself if this page is older than it. @param {string} prefix @param {string | number} name */
  named(prefix, name) {
    return TEXTS[this.lang][`${prefix}-${name}`] ?? String(name);
  }

  /** In the reader's language if there is one, else in the other. @param {{zh?: string | null, en?: string | null}} words */
  of(words) {
    return (this.lang === 'zh' ? words.zh ?? words.en : words.en ?? words.zh) ?? '';
  }

  words() {
    document.documentElement.lang = this.lang === 'zh' ? 'zh-CN' : 'en';
    for (const node of document.querySelectorAll('[data-t]')) node.textContent = this.t(node.getAttribute('data-t') ?? '');
    const button = byId('language');
    button.textContent = this.t('language');
    button.lang = this.lang === 'zh' ? 'en' : 'zh-CN';
    button.setAttribute('aria-label', this.t('language-label'));
    byId('trail').setAttribute('aria-label', this.t('trail'));
  }

  /** Fetch and show what stands behind `#` now. */
  async open() {
    const mine = ++this.turn;
    this.place = placeOf(location.hash);
    this.data = null;
    this.complaint = '';
    this.draw();
    byId('busy').textContent = this.t('loading');
    try {
      const data = await this.views[this.place.view].load(this.place);
      if (mine !== this.turn) return;
      this.data = data;
    } catch (error) {
      if (!(error instanceof Missing || error instanceof Outage)) throw error;
      if (mine !== this.turn) return;
      this.complaint = error instanceof Missing ? 'missing' : 'outage';
    }
    byId('busy').textContent = '';
    this.draw();
    byId('title').focus();
    scrollTo(0, 0);
  }

  draw() {
    const { data, place } = this;
    const view = this.views[place.view];
    const title = data === null ? this.t('title') : view.title(this, data, place);
    byId('title').textContent = title;
    document.title = data !== null && place.view !== 'list' ? `${title} · ${this.t('title')} · ${this.t('brand')}` : `${title} · ${this.t('brand')}`;
    byId('problem').hidden = !this.complaint;
    byId('problem-text').textContent = this.complaint && this.t(this.complaint);
    byId('retry').hidden = this.complaint !== 'outage';
    const trail = data === null ? [['#', this.t('title')]] : view.trail(this, data, place);
    byId('trail').hidden = place.view === 'list';
    byId('trail').replaceChildren(...trail.map(([href, text]) => el('a', { href }, el('bdi', {}, text))));
    byId('view').replaceChildren(...(data === null ? [] : view.draw(this, data, place)));
  }
}
