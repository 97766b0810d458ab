/** Building nodes. Text only ever enters as text: nothing that a certificate says can become markup. */

/**
 * @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} viewBox @param {[string, Record<string, string>][]} shapes @returns {SVGElement} hidden from readers */
export function svg(viewBox, shapes) {
  const root = document.createElementNS(SVG, 'svg');
  for (const [name, value] of [['viewBox', viewBox], ['aria-hidden', 'true'], ['focusable', 'false']]) {
    root.setAttribute(name, value);
  }
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

/** @param {string} id @returns {any} */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element ${id}`);
  return node;
}
