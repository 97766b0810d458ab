/** Requests: what was asked, decided after reading it, and taken back as easily as it was given. */
import { el } from '../page/dom.js';
import { timeText } from '../page/format.js';
import { Declined } from '../keyed/client.js';
import { button, card, notice, table } from '../keyed/parts.js';
import { Notice } from './service.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @param {any} item @returns {Notice | null} null: it cannot be read, so it cannot be agreed to */
export function noticeOf(item) {
  try {
    return new Notice(item);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** @type {View} */
export const requests = {
  tab: 'requests',
  title: (app) => app.t('requests-title'),
  load: (app) => app.service.consents(),
  draw: (app, { pending, past }) => [
    el('h2', {}, app.t('requests-pending')),
    ...(pending.length ? pending.map((/** @type {any} */ item) => requestCard(app, item, true)) : [el('p', { id: 'nothing' }, app.t('requests-none'))]),
    ...(pending.length ? [] : [button(app.t('refresh'), () => app.replace('requests'), { id: 'refresh' })]),
    el('h2', {}, app.t('requests-past')),
    ...(past.length ? past.map((/** @type {any} */ item) => requestCard(app, item, false)) : [el('p', {}, app.t('requests-past-none'))]),
  ],
};

/** @param {App} app @param {any} item @param {boolean} open */
function requestCard(app, item, open) {
  const said = noticeOf(item)?.said;
  const lines = [said ? said.purpose[app.lang] : app.t('notice-broken')];
  if (open && said) lines.push(app.t('request-until', { time: timeText(said.expires_at, app.lang) }));
  if (!open) lines.push(stateText(app, item));
  const node = card(said?.recipient.name ?? item.trx, lines, () => app.go('request', { item }));
  node.dataset.trx = item.trx;
  if (open) node.classList.add('waiting');
  return node;
}

/** @param {App} app @param {any} item */
function stateText(app, item) {
  if (item.state === 'withdrawn' || item.state === 'expired') return app.t(`state-${item.state}`);
  if (item.decision === 'refuse' || item.state === 'refused') return app.t(item.decision === 'refuse' ? 'decision-refused' : 'state-refused');
  return item.state === 'waiting' ? app.t(item.decision === 'grant' ? 'state-half' : 'state-begun') : app.t(`state-${item.state}`);
}

/** @type {View} */
export const request = {
  tab: 'requests',
  title: (app, _, { item }) => app.t(decidable(item) ? 'request-title' : 'request-past-title'),
  draw(app, _, { item }) {
    const read = noticeOf(item);
    if (!read) return [notice(app.t('notice-broken'), 'broken'), ...(decidable(item) ? [el('p', {}, app.t('notice-broken-leave'))] : [])];
    const nodes = [
      decidable(item) ? el('p', {}, app.t('request-lead')) : el('p', { class: 'state', id: 'state' }, stateText(app, item)),
      ...noticeNodes(app, read, item.role),
    ];
    if (decidable(item)) nodes.push(choice(app, item, read));
    if (item.withdrawable) nodes.push(withdrawal(app, item, read));
    return nodes;
  },
};

/** Whether this holder still has to say something. @param {any} item */
const decidable = (item) => item.state === 'waiting' && item.decision === null;

/** Everything that is signed is shown; the exact text, too. @param {App} app @param {Notice} read @param {string} role @returns {Node[]} */
export function noticeNodes(app, { said, text }, role) {
  const lang = app.lang;
  const each = (/** @type {any[]} */ list) => el('ul', {}, ...list.map((entry) => el('li', {}, entry[lang])));
  const nodes = [];
  if (role !== 'subject') nodes.push(notice(app.t(role === 'guardian' ? 'role-guardian' : 'role-spouse'), 'role'));
  nodes.push(table([
    [app.t('notice-who'), `${said.recipient.name}\n${app.t('notice-uscc')} ${said.recipient.uscc}`],
    [app.t('notice-contact'), said.recipient.contact],
    [app.t('notice-purpose'), said.purpose[lang]],
    [app.t('notice-asks'), each(said.asks)],
    [app.t('notice-categories'), each(said.categories)],
    [app.t('notice-method'), said.method[lang]],
    [app.t('notice-retention'), said.retention[lang]],
    [app.t('notice-extent'), app.t(said.uses === 1 ? 'notice-once' : 'notice-uses', { n: String(said.uses), time: timeText(said.until, lang) })],
    [app.t('notice-rights'), said.rights[lang]],
  ]));
  if (said.other) nodes.push(notice(said.other[lang], 'other'));
  nodes.push(el('details', {}, el('summary', {}, app.t('notice-verbatim')), el('p', { class: 'mono', id: 'verbatim', translate: 'no' }, text)));
  return nodes;
}

/** Two buttons of one size: neither answer is to be the easier one. @param {App} app @param {any} item @param {Notice} read */
function choice(app, item, read) {
  return el('div', { class: 'decide' },
    el('p', { class: 'hint' }, app.t('request-until', { time: timeText(read.said.expires_at, app.lang) })),
    button(app.t('grant'), () => decide(app, item, read, 'grant'), { id: 'grant', class: 'secondary wide' }),
    button(app.t('refuse'), () => decide(app, item, read, 'refuse'), { id: 'refuse', class: 'secondary wide' }));
}

/** @param {App} app @param {any} item @param {Notice} read */
function withdrawal(app, item, read) {
  return el('div', { class: 'decide' },
    el('p', { class: 'hint', id: 'withdraw-hint' }, app.t('withdraw-lead')),
    button(app.t('withdraw'), () => decide(app, item, read, 'withdraw'), { id: 'withdraw', class: 'secondary wide', describedby: 'withdraw-hint' }));
}

/** @param {App} app @param {any} item @param {Notice} read @param {'grant' | 'refuse' | 'withdraw'} decision */
function decide(app, item, read, decision) {
  return app.act(async () => {
    let after;
    try {
      after = await app.service.decide(item, read, decision);
    } catch (error) {
      if (!(error instanceof Declined) || (error.status !== 409 && error.status !== 404)) throw error;
      return app.back(undefined, 'gone');
    }
    const half = decision === 'grant' && after.state === 'waiting';
    return app.back(half ? 'granted-half' : { grant: 'granted', refuse: 'refused', withdraw: 'withdrawn' }[decision]);
  }, { outage: 'outage-decision' });
}
