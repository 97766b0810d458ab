/** What a field of a form is, and what its input and label are called. */

/** @typedef {import('../keyed/app.js').App} App */
/**
 * @typedef {object} Field
 * @property {string} name member of what is sent
 * @property {string} type of TYPES
 * @property {boolean} [optional] left out when empty
 * @property {string} [in] member that holds it, such as a plan's terms
 * @property {string} [label] text key instead of the name
 * @property {number} [max] characters
 * @property {string[]} [choices]
 * @property {string} [section] heading above it
 * @property {string} [initial]
 * @property {boolean} [ahead] a day may be later than today
 * @property {string} [states] of the payments to choose from
 */
/** @typedef {{ref: string, values: Record<string, string>, files: Record<string, {name: string, digest: string}>, touched: boolean}} Draft `touched`: something was typed */
/** @typedef {{unit: {item: string, unit: string} | null, today: string, fund?: any, funds?: any[], payments?: any[], projects?: any[]}} Context */

/** @param {Field} field @param {string} [part] */
export const idOf = (field, part = '') => `f-${field.in ? `${field.in}-` : ''}${field.name}${part && `-${part}`}`;

/** @param {App} app @param {Field} field @param {Context} context */
export const nameOf = (app, field, { unit }) => app.t(`f-${field.label ?? field.name}`, { unit: unit ? unit.unit : app.t('yuan') });

/** @param {App} app @param {Field} field @param {Context} context */
export const labelOf = (app, field, context) => `${nameOf(app, field, context)}${field.optional ? app.t('optional') : ''}`;
