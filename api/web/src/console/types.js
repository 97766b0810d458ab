/** The types of fields: how each is drawn, read and said. `part`s are the inputs of a field that has several. */
import { el } from '../page/dom.js';
import { fenText } from '../page/format.js';
import { idOf, labelOf, nameOf } from './fields.js';
import * as v from './values.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('./fields.js').Field} Field @typedef {import('./fields.js').Draft} Draft @typedef {import('./fields.js').Context} Context */
/**
 * @typedef {object} Type
 * @property {(app: App, field: Field, context: Context, draft: Draft) => Node[]} draw
 * @property {(field: Field, context: Context, draft: Draft) => any} read throws Invalid
 * @property {(app: App, field: Field, context: Context, draft: Draft) => string} say
 * @property {any} [none] instead of null, where it was left empty
 */

/** @param {Field} field @param {Draft} draft @param {string} [part] */
const typed = (field, draft, part) => draft.values[idOf(field, part)] ?? (part ? '' : field.initial ?? '');

/** @param {App} app @param {Field} field */
const hinted = (app, field) => [`h-${field.label ?? field.name}`, `h-${field.type}`].find((key) => app.has(key));

/** Label, hint, input. @param {App} app @param {Field} field @param {HTMLElement} input @param {string} part @param {string} label */
function labelled(app, field, input, part, label) {
  const id = idOf(field, part);
  const hint = part && part !== 'zh' && part !== 'from' && part !== 'for' && part !== 'code' ? undefined : hinted(app, field);
  input.id = id;
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  return [el('label', { for: id }, label), input, ...(hint ? [el('p', { id: `${id}-hint`, class: 'hint' }, app.t(hint))] : [])];
}

/** @param {Record<string, string>} attributes @param {string} value */
function input(attributes, value) {
  const node = /** @type {HTMLInputElement} */ (el('input', { spellcheck: 'false', autocomplete: 'off', ...attributes }));
  node.value = value;
  return node;
}

/** @param {[string, string][]} options value, label @param {string} value */
function select(options, value) {
  const node = /** @type {HTMLSelectElement} */ (el('select', {}, ...options.map(([own, label]) => el('option', { value: own }, label))));
  if (options.some(([own]) => own === value)) node.value = value;
  return node;
}

/** One input, read by `read`. @param {(text: string, field: Field, context: Context) => any} read @param {Record<string, string>} [attributes] @param {(value: any, app: App, context: Context) => string} [say] @returns {Type} */
function one(read, attributes = {}, say = (value) => String(value)) {
  return {
    draw: (app, field, context, draft) => labelled(app, field, input({ ...attributes, ...(field.type === 'day' && !field.ahead ? { max: context.today } : {}) }, typed(field, draft)), '', labelOf(app, field, context)),
    read: (field, context, draft) => read(typed(field, draft), field, context),
    say: (app, field, context, draft) => (typed(field, draft).trim() ? say(read(typed(field, draft), field, context), app, context) : ''),
  };
}

/** A list to choose from. @param {(app: App, field: Field, context: Context) => [string, string][]} options @param {(value: string) => any} [read] @returns {Type} */
function chosen(options, read = (value) => value) {
  return {
    draw: (app, field, context, draft) => labelled(app, field, select([['', app.t('choose')], ...options(app, field, context)], typed(field, draft)), '', labelOf(app, field, context)),
    read(field, _, draft) {
      if (!typed(field, draft)) throw new v.Invalid(field.optional ? 'empty' : 'choose');
      return read(typed(field, draft));
    },
    say: (app, field, context, draft) => options(app, field, context).find(([own]) => own === typed(field, draft))?.[1] ?? '',
  };
}

/** The same in Chinese and in English. @param {(field: Field) => HTMLElement} make @returns {Type} */
function both(make) {
  return {
    draw: (app, field, context, draft) => ['zh', 'en'].flatMap((part) => {
      const node = /** @type {HTMLInputElement} */ (make(field));
      node.value = typed(field, draft, part);
      node.lang = part === 'zh' ? 'zh-CN' : 'en';
      return labelled(app, field, node, part, `${labelOf(app, field, context)} · ${app.t(`in-${part}`)}`);
    }),
    read: (field, _, draft) => Object.fromEntries(['zh', 'en'].map((part) => {
      try {
        return [part, v.text(typed(field, draft, part), field.max ?? 120)];
      } catch (error) {
        if (error instanceof v.Invalid) error.part = part;
        throw error;
      }
    })),
    say: (_, field, __, draft) => `${typed(field, draft, 'zh')}\n${typed(field, draft, 'en')}`.trim(),
  };
}

/** @type {(unit: Context['unit'], app: App) => (amount: number) => string} */
const amountText = (unit, app) => (amount) => (unit ? `${new Intl.NumberFormat('en-US').format(amount)} ${unit.unit}` : fenText(amount, app.lang));

/** Why: one of some codes, and words where they are needed. @type {Type} */
const reason = {
  draw: (app, field, context, draft) => [
    ...labelled(app, field, select([['', app.t('choose')], ...(field.choices ?? []).map((code) => /** @type {[string, string]} */ ([code, app.t(`why-${code}`)]))], typed(field, draft, 'code')), 'code', labelOf(app, field, context)),
    ...labelled(app, field, input({ maxlength: '200' }, typed(field, draft, 'text')), 'text', app.t('f-reason-text')),
  ],
  read(field, _, draft) {
    const code = typed(field, draft, 'code');
    const words = typed(field, draft, 'text').trim();
    if (!code) throw new v.Invalid('choose', {}, 'code');
    if (code === 'other' && !words) throw new v.Invalid('empty', {}, 'text');
    return { code, text: words ? v.text(words, 200) : null };
  },
  say: (app, field, _, draft) => [typed(field, draft, 'code') && app.t(`why-${typed(field, draft, 'code')}`), typed(field, draft, 'text')].filter(Boolean).join('\n'),
};

/** A document: its SM3 is worked out here, and nothing but that is sent. @type {Type} */
const file = {
  draw(app, field, context, draft) {
    const id = idOf(field);
    const picked = input({ type: 'file' }, '');
    const said = el('p', { class: 'digest', role: 'status', translate: 'no', id: `${id}-digest` }, ...digestWords(app, draft.files[id]));
    picked.addEventListener('change', () => void hash(app, field, context, draft, picked, said));
    return [...labelled(app, field, picked, '', labelOf(app, field, context)), said];
  },
  read(field, _, draft) {
    const found = draft.files[idOf(field)];
    if (!found) throw new v.Invalid(field.optional ? 'empty' : 'file');
    return found.digest;
  },
  say: (_, field, __, draft) => (draft.files[idOf(field)] ? `${draft.files[idOf(field)].name}\nSM3 ${draft.files[idOf(field)].digest}` : ''),
};

/** @param {App} app @param {{name: string, digest: string} | undefined} found */
const digestWords = (app, found) => (found ? [`${found.name} · SM3 `, el('code', {}, found.digest)] : [app.t('file-none')]);

/** @param {App} app @param {Field} field @param {Context} context @param {Draft} draft @param {HTMLInputElement} picked @param {HTMLElement} said */
async function hash(app, field, context, draft, picked, said) {
  const given = picked.files?.[0];
  delete draft.files[idOf(field)];
  if (!given) return said.replaceChildren(app.t('file-none'));
  said.replaceChildren(app.t('file-working'));
  try {
    const digest = await v.digestOf(given);
    if (picked.files?.[0] !== given) return; // another was chosen meanwhile
    draft.files[idOf(field)] = { name: given.name, digest };
    said.replaceChildren(...digestWords(app, draft.files[idOf(field)]));
  } catch (error) {
    if (!(error instanceof v.Invalid)) throw error;
    said.replaceChildren(app.t('file-none'));
    app.complain(`bad-${error.rule}`, idOf(field), { field: nameOf(app, field, context) });
  }
}

/** @type {Type} */
const flag = {
  draw(app, field, context, draft) {
    const id = idOf(field);
    const box = input({ type: 'checkbox', id }, '1');
    box.checked = typed(field, draft) === '1';
    return [el('div', { class: 'choice' }, box, el('label', { for: id }, nameOf(app, field, context)))];
  },
  read: (field, _, draft) => typed(field, draft) === '1',
  say: (app, field, _, draft) => app.t(typed(field, draft) === '1' ? 'yes' : 'no'),
};

/** First and last day. @type {Type} */
const period = {
  draw: (app, field, context, draft) => ['from', 'to'].flatMap((part) => labelled(app, field, input({ type: 'date' }, typed(field, draft, part)), part, `${labelOf(app, field, context)} · ${app.t(`period-${part}`)}`)),
  read(field, context, draft) {
    const [from, to] = ['from', 'to'].map((part) => typed(field, draft, part));
    if (!from && !to) throw new v.Invalid('empty', {}, 'from');
    const found = [v.day(from, context.today, true), v.day(to, context.today, true)];
    if (found[0] > found[1]) throw new v.Invalid('period', {}, 'to');
    return found;
  },
  say: (_, field, __, draft) => (typed(field, draft, 'from') ? `${typed(field, draft, 'from')} – ${typed(field, draft, 'to')}` : ''),
};

/** A vote: for, of how many. @type {Type} */
const votes = {
  draw: (app, field, context, draft) => ['for', 'of'].flatMap((part) => labelled(app, field, input({ inputmode: 'numeric' }, typed(field, draft, part)), part, `${labelOf(app, field, context)} · ${app.t(`votes-${part}`)}`)),
  read(field, _, draft) {
    const [yes, all] = ['for', 'of'].map((part) => typed(field, draft, part).trim());
    if (!yes && !all) throw new v.Invalid('empty', {}, 'for');
    const found = [yes === '0' ? 0 : v.units(yes), v.units(all)];
    if (found[0] > found[1]) throw new v.Invalid('votes', {}, 'for');
    return found;
  },
  say: (_, field, __, draft) => (typed(field, draft, 'of') ? `${typed(field, draft, 'for')} / ${typed(field, draft, 'of')}` : ''),
};

/** A payment by what is open of it. @param {App} app @param {Context} context @returns {(payment: any) => [string, string]} */
const paymentOption = (app, context) => (p) => [String(p.no), app.t('payment-option', { no: String(p.no), amount: amountText(context.unit, app)(p.amount), open: amountText(context.unit, app)(p.amount - p.acknowledged - p.returned) })];

/** @type {Record<string, Type>} */
export const TYPES = {
  amount: one((text, _, { unit }) => (unit ? v.units(text) : v.fen(text)), { inputmode: 'decimal' }, (amount, app, { unit }) => amountText(unit, app)(amount)),
  money: one((text) => v.fen(text), { inputmode: 'decimal' }, (amount, app) => fenText(amount, app.lang)),
  yuan: one((text) => v.fenOrZero(text), { inputmode: 'decimal' }, (amount, app) => fenText(amount, app.lang)),
  text: one((text, { max = 64 }) => v.text(text, max)),
  day: one((text, { ahead }, { today }) => v.day(text, today, ahead), { type: 'date' }),
  count: one((text) => (text.trim() === '0' ? 0 : v.units(text)), { inputmode: 'numeric' }),
  uscc: one((text) => v.uscc(text), { maxlength: '24' }),
  usccs: { ...one((text) => v.list(text, v.uscc)), none: [] },
  filing: one((text) => v.filingNo(text), { maxlength: '30' }),
  filings: { ...one((text) => v.list(text, v.filingNo)), none: [] },
  region: one((text) => {
    if (!/^\d{6}$/.test(text.trim())) throw new v.Invalid(text.trim() ? 'region' : 'empty');
    return text.trim();
  }, { inputmode: 'numeric', maxlength: '6' }),
  url: one((text) => {
    if (!text.trim()) throw new v.Invalid('empty');
    if (!/^https:\/\/[\x21-\x7e]{1,290}$/.test(text.trim()) || /["<>\\^`{|}]/.test(text)) throw new v.Invalid('url');
    return text.trim();
  }, { type: 'url' }),
  choice: chosen((app, field) => (field.choices ?? []).map((own) => [own, app.t(`c-${field.label ?? field.name}-${own}`)])),
  number: chosen((app, field) => (field.choices ?? []).map((own) => [own, app.t(`c-${field.label ?? field.name}-${own}`)]), Number),
  allocation: chosen((app, _, context) => (context.fund?.allocations ?? []).map((/** @type {any} */ a) => [String(a.no), app.t('allocation-option', { no: String(a.no), project: a.project, left: amountText(context.unit, app)(a.amount - a.used) })]), Number),
  payment: chosen((app, { states = '' }, context) => (context.payments ?? []).filter((p) => states.split(' ').includes(p.state)).map(paymentOption(app, context)), Number),
  fund: chosen((app, _, { funds = [], fund }) => funds.filter((f) => f.book !== fund?.book).map((f) => [f.book, f.title[app.lang]])),
  both: both(() => el('input', { autocomplete: 'off' })),
  words: both(() => el('textarea', { rows: '3' })),
  digest: one((text) => {
    if (!/^[0-9a-f]{64}$/.test(text.trim().toLowerCase())) throw new v.Invalid(text.trim() ? 'digest' : 'empty');
    return text.trim().toLowerCase();
  }),
  reason, file, flag, period, votes,
};
