/** Pieces that several views are made of. Text enters as text only. */
import { el, svg } from '../page/dom.js';

/** @typedef {{id?: string, class?: string, describedby?: string}} ButtonOptions */

/** @param {string} label @param {() => void} action @param {ButtonOptions} [options] @returns {HTMLButtonElement} */
export function button(label, action, { id, class: name = 'secondary', describedby } = {}) {
  const node = /** @type {HTMLButtonElement} */ (el('button', { type: 'button', class: name }, label));
  if (id) node.id = id;
  if (describedby) node.setAttribute('aria-describedby', describedby);
  node.addEventListener('click', action);
  return node;
}

/** A form whose submit runs `action`; nothing is ever sent by the browser itself. @param {string} id @param {() => void} action @param {...Node} children */
export function form(id, action, ...children) {
  const node = el('form', { id, novalidate: '', autocomplete: 'off' }, ...children);
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    action();
  });
  return node;
}

/** Label, input and hint. @param {string} id @param {string} label @param {string} hint @param {Record<string, string>} attributes @returns {Node[]} */
export function field(id, label, hint, attributes) {
  const described = hint ? { 'aria-describedby': `${id}-hint` } : {};
  const input = el('input', { id, spellcheck: 'false', autocapitalize: 'off', translate: 'no', ...described, ...attributes });
  return [el('label', { for: id }, label), input, ...(hint ? [el('p', { id: `${id}-hint`, class: 'hint' }, hint)] : [])];
}

/** @param {string} label */
export function submit(label) {
  return el('button', { type: 'submit', class: 'primary wide' }, label);
}

/** @param {string} text @param {string} [id] */
export function notice(text, id) {
  return el('p', { class: 'notice', ...(id ? { id } : {}) }, text);
}

/** @param {[string, string | Node][]} rows label, value */
export function table(rows) {
  const list = el('dl');
  for (const [label, value] of rows) list.append(el('dt', {}, label), el('dd', {}, el('bdi', {}, value)));
  return list;
}

/** A large thing to choose, as one button. @param {string} title @param {string[]} lines @param {() => void} action @param {string} [id] */
export function card(title, lines, action, id) {
  const node = button('', action, { class: 'card', ...(id ? { id } : {}) });
  node.append(el('strong', {}, title), ...lines.map((line) => el('span', {}, line)), svg('0 0 24 24', [['path', { d: 'M9 5l7 7-7 7' }]]));
  return node;
}

/** Hand a file to the person. @param {Uint8Array} bytes @param {string} name nothing personal @param {string} type */
export function save(bytes, name, type) {
  const address = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)], { type }));
  const link = el('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** As a heading: the service's words begin small in English. @param {string} text */
export function headline(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
