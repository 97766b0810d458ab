/** The flow as a drawing: from left to right where there is room, from top to bottom on a telephone. The table beside it says the same. */
import { layout } from './flow.js';

const SVG = 'http://www.w3.org/2000/svg';
const BAR = 14; // units that a node is thick along the flow

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A name on at most two lines of 190 units; the table has the rest. @param {string} text @returns {string[]} */
function wrapped(text) {
  const lines = [''];
  let wide = 0;
  for (const part of text.split(/(?<=[\s\u2e80-\uffff])/u)) {
    const size = [...part].reduce((all, c) => all + (c > '\u2e7f' ? 16 : 8.5), 0);
    if (wide && wide + size > 190) {
      lines.push('');
      wide = 0;
    }
    lines[lines.length - 1] += part;
    wide += size;
  }
  return lines.length > 2 ? [lines[0].trim(), `${lines[1].trim()}…`] : lines.map((line) => line.trim());
}

/** @param {number} value */
const short = (value) => Math.round(value * 10) / 10;

/**
 * A band between two places: `x` runs along the flow. @param {import('./flow.js').Ribbon} r @param {(along: number, across: number) => string} point
 */
function band(r, point) {
  const [from, to] = [r.from.at + BAR, r.to.at];
  const middle = (from + to) / 2;
  const edge = (/** @type {number} */ a, /** @type {number} */ b) => `C${point(middle, a)} ${point(middle, b)} ${point(to, b)}`;
  const back = `C${point(middle, r.b + r.size)} ${point(middle, r.a + r.size)} ${point(from, r.a + r.size)}`;
  return `M${point(from, r.a)}${edge(r.a, r.b)}L${point(to, r.b + r.size)}${back}Z`;
}

/**
 * @param {import('./flow.js').Flow} flow @param {{down: boolean, label: string, numbers: Map<string, number>, lines: (node: import('./flow.js').FlowNode) => string[]}} options
 *   `down`: from top to bottom, with numbers in place of words
 * @returns {SVGElement}
 */
export function figure(flow, { down, label, numbers, lines }) {
  const measure = down ? { length: 300, breadth: 300, room: 34 } : { length: 630, breadth: 360, room: 68 };
  const { boxes, ribbons, breadth } = layout(flow, measure);
  const point = (/** @type {number} */ along, /** @type {number} */ across) => (down ? `${short(across)},${short(along)}` : `${short(along)},${short(across)}`);
  const size = down ? [Math.max(breadth, 300), 350] : [860, Math.max(breadth, 60) + 24];
  const root = shape('svg', { viewBox: down ? `-2 -4 ${short(size[0] + 4)} ${size[1]}` : `-2 -18 ${size[0]} ${short(size[1])}`, role: 'img', 'aria-label': label, class: down ? 'flow down' : 'flow' });
  for (const r of ribbons) root.append(shape('path', { d: band(r, point), class: `band to-${r.to.node.kind} class-${r.to.node.no}` }));
  for (const box of boxes) {
    const { node } = box;
    const place = down ? { x: short(box.start), y: box.at, width: short(box.size), height: BAR } : { x: box.at, y: short(box.start), width: BAR, height: short(box.size) };
    root.append(shape('rect', { ...place, class: `node is-${node.kind} class-${node.no}` }));
    const number = String(numbers.get(node.id));
    if (down) {
      root.append(shape('text', { x: short(box.start + Math.min(box.size / 2, 12)), y: box.at + BAR + 18, class: 'number' }, number));
    } else {
      const [name, amount] = lines(node);
      const said = [...wrapped(`${number}. ${name}`), amount];
      const text = shape('text', { y: short(box.start + Math.max(0, Math.min(box.size / 2 - 10 * said.length, 80)) - 6) });
      for (const [i, line] of said.entries()) text.append(shape('tspan', { x: box.at + BAR + 6, dy: 20, class: i === said.length - 1 ? 'sum' : 'name' }, line));
      root.append(text);
    }
  }
  return /** @type {SVGElement} */ (root);
}
