/**
 * Forms from a table of fields. What is typed is kept in a draft at every key stroke, so that it outlives an error, a change of
 * language, a lock, and the step that asks for confirmation. A draft has a reference of its own: the service records what is
 * sent twice under one reference once.
 */
import { el } from '../page/dom.js';
import { hex } from '../verifier/bytes.js';
import { idOf, nameOf } from './fields.js';
import { TYPES } from './types.js';
import { Invalid } from './values.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('./fields.js').Field} Field @typedef {import('./fields.js').Draft} Draft @typedef {import('./fields.js').Context} Context */

/** A reference that no other form has. */
export const newRef = () => `w-${hex(crypto.getRandomValues(new Uint8Array(12)))}`;

/** The draft of that name, begun with these values. @param {App} app @param {string} name @param {Record<string, string>} [values] @returns {Draft} */
export function draftOf(app, name, values = {}) {
  const found = app.drafts.get(name);
  if (found) return found;
  const made = { ref: newRef(), values: { ...values }, files: {}, touched: false };
  app.drafts.set(name, made);
  return made;
}

/** @param {App} app @param {Field[]} fields @param {Context} context @param {Draft} draft @returns {Node[]} */
export function drawFields(app, fields, context, draft) {
  return fields.flatMap((field) => {
    const node = el('div', { class: 'field' }, ...TYPES[field.type].draw(app, field, context, draft));
    for (const input of node.querySelectorAll('input, select, textarea')) keep(/** @type {HTMLInputElement} */ (input), draft);
    return field.section ? [el('h2', {}, app.t(`section-${field.section}`)), node] : [node];
  });
}

/** @param {HTMLInputElement} input @param {Draft} draft */
function keep(input, draft) {
  if (input.type === 'file') return;
  const write = () => {
    draft.values[input.id] = input.type === 'checkbox' ? (input.checked ? '1' : '') : input.value;
    draft.touched = true;
  };
  input.addEventListener('input', write);
  input.addEventListener('change', write);
}

/**
 * What is to be sent; what was left empty as null. Throws Wrong for the first field that does not do.
 * @param {App} app @param {Field[]} fields @param {Context} context @param {Draft} draft @returns {Record<string, any>}
 */
export function readFields(app, fields, context, draft) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const field of fields) {
    const value = readField(app, field, context, draft);
    if (field.in) (found[field.in] ??= {})[field.name] = value;
    else found[field.name] = value;
  }
  return found;
}

/** @param {App} app @param {Field} field @param {Context} context @param {Draft} draft */
function readField(app, field, context, draft) {
  try {
    return TYPES[field.type].read(field, context, draft);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    if (error.rule === 'empty' && field.optional) return TYPES[field.type].none ?? null;
    throw new Wrong(field, error);
  }
}

export class Wrong extends Error {
  /** @param {Field} field @param {Invalid} invalid */
  constructor(field, invalid) {
    super(invalid.rule);
    this.field = field;
    this.invalid = invalid;
  }

  /** Say so, at its place. @param {App} app @param {Context} context */
  tell(app, context) {
    const { rule, params, part } = this.invalid;
    const own = `bad-${rule}`;
    app.complain(own, idOf(this.field, part), { field: nameOf(app, this.field, context), ...params });
  }
}

/** What will be recorded, in words: label, value. @param {App} app @param {Field[]} fields @param {Context} context @param {Draft} draft @returns {[string, string][]} */
export function summary(app, fields, context, draft) {
  const rows = /** @type {[string, string][]} */ (fields.map((field) => [nameOf(app, field, context), TYPES[field.type].say(app, field, context, draft)]));
  return rows.filter(([, said]) => said !== '');
}
