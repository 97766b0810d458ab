/** Who asked what and when; the devices. */
import { el } from '../page/dom.js';
import { fieldLabel } from '../page/field-names.js';
import { dateText, timeText } from '../page/format.js';
import { button, notice, table } from '../keyed/parts.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @type {View} */
export const uses = {
  tab: 'uses',
  title: (app) => app.t('uses-title'),
  load: (app) => app.service.uses(null),
  draw: (app, data) => [
    el('p', {}, app.t('uses-lead')),
    ...(data.uses.length ? [] : [el('p', { id: 'nothing' }, app.t('uses-none'))]),
    el('ol', { class: 'uses' }, ...data.uses.map((/** @type {any} */ use) => useNode(app, use))),
    ...(data.next === null ? [] : [button(app.t('uses-more'), () => more(app, data), { id: 'more' })]),
  ],
};

/** A word of the access log in the page's language, or as it stands: nothing is left out because it has no text. @param {App} app @param {string} family @param {string} word */
function worded(app, family, word) {
  const key = `${family}-${word.toLowerCase().replaceAll('_', '-')}`;
  return app.has(key) ? app.t(key) : word;
}

/** "registered_married", or "marriage.registration_date" for a field. @param {App} app @param {string} item */
function itemText(app, item) {
  return item.includes('.') ? fieldLabel(item.slice(item.indexOf('.') + 1), app.lang) : worded(app, 'asked', item);
}

/** @param {App} app @param {any} use */
function useNode(app, use) {
  const rows = [[app.t('use-action'), worded(app, 'action', use.action)]];
  if (use.purpose.code) rows.push([app.t('use-purpose'), use.purpose[app.lang] || worded(app, 'purpose', use.purpose.code)]);
  if (use.what.length) rows.push([app.t('use-what'), use.what.map((/** @type {string} */ w) => itemText(app, w)).join(app.lang === 'zh' ? '；' : '; ')]);
  // the log says how things stood then: "waiting" would be read as if it still did
  if (!['', 'answered', 'waiting'].includes(use.result)) rows.push([app.t('use-result'), worded(app, 'result', use.result)]);
  return el('li', {}, el('p', { class: 'when' }, timeText(use.at, app.lang)), el('strong', {}, use.recipient.name || worded(app, 'party', use.recipient.uscc)), table(/** @type {any} */ (rows)));
}

/** @param {App} app @param {any} data */
function more(app, data) {
  return app.act(async () => {
    const next = await app.service.uses(data.next);
    const first = data.uses.length;
    data.uses.push(...next.uses);
    data.next = next.next;
    app.redraw();
    const node = /** @type {HTMLElement | undefined} */ (document.querySelectorAll('.uses > li')[first]);
    node?.setAttribute('tabindex', '-1');
    node?.focus();
  });
}

/** @type {View} */
export const device = {
  tab: 'device',
  title: (app) => app.t('device-title'),
  load: async (app) => ({ devices: await app.service.devices(), invitation: null }),
  draw(app, data) {
    const mine = data.devices.find((/** @type {any} */ d) => d.current);
    const others = data.devices.filter((/** @type {any} */ d) => !d.current);
    return [
      ...(mine ? [deviceNode(app, mine)] : []),
      el('div', { class: 'actions' }, button(app.t('lock'), () => app.lock(), { id: 'lock', class: 'primary', describedby: 'lock-hint' }), button(app.t('erase'), () => app.go('erase'), { id: 'erase' })),
      el('p', { id: 'lock-hint', class: 'hint' }, app.t('lock-hint')),
      el('h2', {}, app.t('device-other')),
      ...(others.length ? others.map((/** @type {any} */ d) => deviceNode(app, d)) : [el('p', {}, app.t('device-none'))]),
      ...invitation(app, data),
    ];
  },
};

/** @param {App} app @param {any} d */
function deviceNode(app, d) {
  const rows = [[app.t('device-id'), short(d.keyid)], [app.t('device-since'), dateText(d.since, app.lang)], [app.t('device-until'), dateText(d.not_after, app.lang)]];
  if (d.revoked_at !== null) rows.push([app.t('device-ended'), dateText(d.revoked_at, app.lang)]);
  const node = el('div', { class: 'device', 'data-keyid': d.keyid }, table(/** @type {any} */ (rows)));
  if (!d.current && d.revoked_at === null) node.append(button(app.t('device-revoke'), () => app.go('revoke', { keyid: d.keyid })));
  return node;
}

/** Enough to tell two telephones apart, aloud. @param {string} keyid */
const short = (keyid) => keyid.slice(0, 4).toUpperCase();

/** @param {App} app @param {any} data @returns {Node[]} */
function invitation(app, data) {
  const found = data.invitation;
  if (found) {
    return [notice(app.t('invite-use', { time: timeText(found.expires_at, app.lang) })), el('p', { class: 'mono big', id: 'invitation', translate: 'no' }, found.activation_code)];
  }
  const invite = () => app.act(async () => {
    data.invitation = await app.service.invite();
    app.redraw();
  });
  return [button(app.t('invite'), invite, { id: 'invite', describedby: 'invite-hint' }), el('p', { id: 'invite-hint', class: 'hint' }, app.t('invite-hint'))];
}

/** @type {View} */
export const revoke = {
  tab: 'device',
  title: (app) => app.t('device-revoke-title'),
  draw: (app, _, { keyid }) => [
    el('p', {}, app.t('device-revoke-lead', { id: short(keyid) })),
    el('div', { class: 'actions' },
      button(app.t('device-revoke'), () => stop(app, keyid), { id: 'revoke', class: 'primary' }),
      button(app.t('cancel'), () => app.back(), { id: 'cancel' })),
  ],
};

/** @param {App} app @param {string} keyid */
function stop(app, keyid) {
  return app.act(async () => {
    await app.service.revoke(keyid);
    app.back('device-revoked');
  });
}

/** Also without the PIN: who forgot it must be able to begin anew. @type {View} */
export const erase = {
  tab: 'device',
  title: (app) => app.t('erase-title'),
  draw: (app) => [
    el('p', {}, app.t('erase-lead')),
    el('div', { class: 'actions' },
      button(app.t('erase-yes'), () => eraseNow(app), { id: 'erase-yes', class: 'primary' }),
      button(app.t('cancel'), () => app.back(), { id: 'cancel' })),
  ],
};

/** @param {App} app */
function eraseNow(app) {
  return app.act(async () => {
    const told = await app.session.erase();
    void app.reset('welcome');
    app.say(told ? 'erased' : 'erased-here');
  });
}
