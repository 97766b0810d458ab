/** A one-time code: shown for a minute, then another; gone when the page is hidden, and after five minutes. */
import { el } from '../page/dom.js';
import { button } from '../keyed/parts.js';
import { qrPicture } from '../keyed/qr-picture.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

const AT_MOST = 300; // seconds on the screen without another touch: somebody may have put the phone down
const SHOWN = 60; // seconds; not taken from the service's clock, which this one need not agree with
const TICK = 1000; // milliseconds

/** @type {View} */
export const code = {
  tab: 'home',
  title: (app) => app.t('code-title'),
  async load(app, args) {
    args.since ??= performance.now();
    return fresh(app);
  },
  draw: (app, data) => (data.code ? shown(app, data) : hidden(app, data)),
  enter(app, data, args) {
    clearInterval(args.timer);
    if (data.code) args.timer = setInterval(() => tick(app, data, args), TICK);
  },
  leave(_, data, args) {
    clearInterval(args.timer);
    if (data) data.code = null;
  },
  /** The page was hidden: another application may picture the screen. */
  hide(app, data, args) {
    code.leave?.(app, data, args);
    data.why = 'code-hidden';
    app.redraw();
  },
};

/** @param {App} app */
async function fresh(app) {
  const { url } = await app.service.code();
  if (document.hidden) return { code: null, until: 0, why: 'code-hidden' };
  return { code: url, until: performance.now() + SHOWN * 1000, why: '' };
}

/** @param {any} data */
const left = (data) => Math.max(0, Math.ceil((data.until - performance.now()) / 1000));

/** @param {App} app @param {any} data */
function shown(app, data) {
  return [
    el('p', { class: 'lead' }, app.t('code-lead')),
    el('div', { class: 'frame' }, qrPicture(data.code, app.t('code-alt'))),
    el('p', { id: 'left', class: 'left', role: 'timer', 'aria-live': 'off' }, app.t('code-left', { n: String(left(data)) })),
    el('div', { class: 'actions' },
      button(app.t('code-check'), () => app.go('requests'), { id: 'check', class: 'primary' }),
      button(app.t('code-stop'), () => app.back(), { id: 'stop' })),
    el('p', { class: 'hint' }, app.t('code-once')),
    el('details', {}, el('summary', {}, app.t('code-text')), el('p', { class: 'mono', id: 'code-text', translate: 'no' }, data.code)),
  ];
}

/** @param {App} app @param {any} data */
function hidden(app, data) {
  return [
    el('p', { class: 'notice', id: 'put-away' }, app.t(data.why)),
    el('div', { class: 'actions' },
      button(app.t('code-again'), () => app.replace('code'), { id: 'again', class: 'primary' }),
      button(app.t('code-check'), () => app.go('requests'), { id: 'check' })),
  ];
}

/** @param {App} app @param {any} data @param {any} args */
function tick(app, data, args) {
  const rest = left(data);
  const line = document.getElementById('left');
  if (line) line.textContent = app.t('code-left', { n: String(rest) });
  if (rest > 0) return;
  code.leave?.(app, data, args); // the old one is off the screen before the new one is asked for
  const over = performance.now() - args.since > AT_MOST * 1000;
  data.why = over ? 'code-ended' : 'code-renewing';
  app.redraw();
  if (!over) void renew(app, data);
}

/** In place: focus and reading position stay where they are. @param {App} app @param {any} data */
function renew(app, data) {
  return app.act(async () => {
    const next = await fresh(app);
    if (app.place.data !== data) return;
    Object.assign(data, next);
    app.redraw();
    app.say('code-new');
  });
}
