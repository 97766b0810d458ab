/** A form from drawing to having been recorded: read it, ask where it cannot be undone, send it once, say what was wrong. */
import { Declined, Outage } from '../keyed/client.js';
import { button, form, notice, submit, table } from '../keyed/parts.js';
import { el } from '../page/dom.js';
import { idOf, nameOf } from './fields.js';
import { Wrong, drawFields, newRef, readFields, summary } from './form.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('./fields.js').Field} Field @typedef {import('./fields.js').Draft} Draft @typedef {import('./fields.js').Context} Context */
/**
 * @typedef {object} Plan what a form is for
 * @property {string} name of its draft
 * @property {Field[]} fields
 * @property {Context} context
 * @property {Draft} draft
 * @property {boolean} final ask before it is sent
 * @property {(ref: string, found: Record<string, any>) => Promise<any>} send
 * @property {(answer: any, found: Record<string, any>) => void} done
 */

/** Columns that a form has under another name. @type {Record<string, string>} */
const SAME = { amount_yuan: 'amount_fen', fair_value_yuan: 'fair_value_fen', foreign_minor: 'foreign_amount', donation: 'donation_no' };

/** The form, or what it says and the question whether to record it. @param {App} app @param {Plan} plan @param {any} args of the view @returns {Node[]} */
export function drawForm(app, plan, args) {
  if (args.review) return review(app, plan, args);
  return [
    form('entry', () => begin(app, plan, args), ...drawFields(app, plan.fields, plan.context, plan.draft), submit(app.t(plan.final ? 'to-review' : 'record'))),
    el('p', { class: 'hint' }, app.t('public-hint')),
  ];
}

/** @param {App} app @param {Plan} plan @param {any} args */
function review(app, plan, args) {
  return [
    notice(app.t('review'), 'review'),
    table(summary(app, plan.fields, plan.context, plan.draft)),
    el('div', { class: 'actions' },
      button(app.t('record-final'), () => read(app, plan, args, (found) => send(app, plan, found, args)), { id: 'record', class: 'primary' }),
      button(app.t('change'), () => turn(app, args, false), { id: 'change' })),
  ];
}

/** @param {App} app @param {any} args @param {boolean} to */
function turn(app, args, to) {
  args.review = to;
  app.problem = null;
  app.redraw();
  (document.getElementById(to ? 'review' : 'title') ?? document.body).scrollIntoView({ block: 'center' });
}

/** @param {App} app @param {Plan} plan @param {any} args */
function begin(app, plan, args) {
  return read(app, plan, args, (found) => (plan.final ? turn(app, args, true) : send(app, plan, found, args)));
}

/** @param {App} app @param {Plan} plan @param {any} args @param {(found: Record<string, any>) => any} then */
function read(app, plan, args, then) {
  let found;
  try {
    found = readFields(app, plan.fields, plan.context, plan.draft);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    if (args.review) turn(app, args, false);
    return error.tell(app, plan.context);
  }
  return then(found);
}

/** @param {App} app @param {Plan} plan @param {Record<string, any>} found @param {any} args */
function send(app, plan, found, args) {
  return app.act(async () => {
    let answer;
    try {
      answer = await plan.send(plan.draft.ref, found);
    } catch (error) {
      if (error instanceof Outage) args.sent = true;
      if (!(error instanceof Declined)) throw error;
      if (args.review) turn(app, args, false);
      return refused(app, plan, error);
    }
    app.drafts.delete(plan.name);
    plan.done(answer, found);
  }, { busy: 'recording', outage: 'outage-record' });
}

/** The named error in plain words, at the field that it is about if there is one. @param {App} app @param {Plan} plan @param {Declined} error */
function refused(app, plan, error) {
  const [first] = error.errors;
  const field = first && plan.fields.find(({ name }) => first.field.split('.').some((part) => (SAME[part] ?? part) === name));
  const code = [first?.code, error.detail, error.code].find((name) => app.has(`refused-${name}`));
  if (error.code === 'conflict') plan.draft.ref = newRef(); // the form says now what the service said; the next time is meant
  const at = field && document.getElementById(idOf(field)) ? idOf(field) : undefined;
  if (code) return app.complain(`refused-${code}`, at);
  const own = [error.title, ...error.errors.map((e) => [field && e === first ? nameOf(app, field, plan.context) : e.field, e.reason || e.code].filter(Boolean).join(': '))].join('\n');
  return app.complain('declined', at, {}, own);
}
