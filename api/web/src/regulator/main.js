/** The regulator's page: four lists, each with what it rests on. */
import { Declined } from '../keyed/client.js';
import { button, save } from '../keyed/parts.js';
import { start } from '../keyed/start.js';
import { LOGIN_VIEWS } from '../keyed/view-login.js';
import { csvOf } from '../page/csv.js';
import { el } from '../page/dom.js';
import { COLUMNS, textOf } from './rows.js';
import { TEXTS } from './texts.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @param {string} tab @param {string} path below /v1/regulator @returns {View} */
function listView(tab, path) {
  return {
    tab,
    title: (app) => app.t(`${tab}-title`),
    load: (app) => app.service.rows(path),
    draw(app, rows) {
      if (!rows.length) return [el('p', {}, app.t(`lead-${tab}`)), el('p', { id: 'none' }, app.t('none'))];
      const columns = COLUMNS[path];
      return [
        el('p', {}, app.t(`lead-${tab}`)),
        el('div', { class: 'actions' }, button(app.t('download'), () => download(app, path, columns, rows), { id: 'download' })),
        grid(app, tab, columns, rows),
      ];
    },
  };
}

/** @param {App} app @param {string} tab @param {string[]} columns @param {any[]} rows */
function grid(app, tab, columns, rows) {
  const head = (/** @type {string} */ name) => (app.has(`col-${name}`) ? app.t(`col-${name}`) : name);
  const shown = [...columns, 'page'];
  return el('table', {},
    el('caption', {}, `${app.t(`${tab}-title`)} · ${app.t('count', { n: String(rows.length) })}`),
    el('thead', {}, el('tr', {}, ...shown.map((name) => el('th', { scope: 'col' }, head(name))))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...shown.map((name) => el('td', { 'data-head': head(name) }, name === 'page' ? el('a', { href: pageOf(row), target: '_blank', rel: 'noopener' }, app.t('page')) : cell(app, name, row)))))));
}

/** @param {App} app @param {string} name @param {any} row */
function cell(app, name, row) {
  const said = textOf(name, row[name], app.lang, (key) => word(app, key));
  return name === 'days_late' && row[name] > 0 ? el('span', { class: 'late-by' }, app.t('days-late', { n: said })) : said;
}

/** @param {App} app @param {string} state */
const word = (app, state) => (app.has(`state-${state}`) ? app.t(`state-${state}`) : state);

/** Where anybody can look: the book if the row is about one, else the charity. @param {any} row */
const pageOf = (row) => `/c#${row.book ?? row.charity ?? ''}`;

/** @param {App} app @param {string} path @param {string[]} columns @param {any[]} rows */
function download(app, path, columns, rows) {
  const lines = [columns.map((name) => (app.has(`col-${name}`) ? app.t(`col-${name}`) : name)), ...rows.map((row) => columns.map((name) => textOf(name, row[name], app.lang, (key) => word(app, key))))];
  save(csvOf(lines), `${path}.csv`, 'text/csv');
}

class Service {
  /** @param {import('../keyed/client.js').Client} client */
  constructor(client) {
    this.client = client;
  }

  /** @param {string} path @returns {Promise<any[]>} */
  async rows(path) {
    try {
      return (await this.client.get(`/v1/regulator/${path}`)).rows; // each look at related parties is in the access log
    } catch (error) {
      if (error instanceof Declined && error.status === 404) return [];
      throw error;
    }
  }
}

const views = { ...LOGIN_VIEWS, home: listView('home', 'overdue'), ratios: listView('ratios', 'ratios'), related: listView('related', 'related-parties'), gaps: listView('gaps', 'gaps') };

void start({ store: 'mz-regulator', role: 'auditor', views, texts: TEXTS, service: (client) => new Service(client) });
