/** Manifests of certificate kinds, signed with the bundle. Counterpart of verifier/manifest.py. */
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import { SLOT_DEPTH } from './labels.js';

const FORMAT = 'kind-manifest';
export const MAX_KINDS = 1024;
const MAX_DEPTH = 6;
const NAME = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/;

/** @typedef {{name: string, zh: string, en: string}} SlotLabel */
/** @typedef {{zh: string, en: string}} Both */
/**
 * @typedef {object} KindManifest One version of a kind; `slots` in order from 0.
 * @property {number} number
 * @property {number} version
 * @property {number} depth
 * @property {string} name
 * @property {Both} title
 * @property {SlotLabel[]} slots
 * @property {Both | null} notice
 */

/** @param {unknown} value @returns {KindManifest} */
function manifest(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4, 5, 6], [7]);
  const depth = fields.uint(FORMAT, m, 3, MAX_DEPTH);
  const slots = fields.array(FORMAT, m, 6, 1 << depth).map(slot);
  if (new Set(slots.map((s) => s.name)).size !== slots.length) throw new Malformed(FORMAT, 'slot-repeated');
  const name = fields.text(FORMAT, m, 4, 64);
  if (!NAME.test(name)) throw new Malformed(FORMAT, 'name');
  return {
    number: fields.uint(FORMAT, m, 1, 0xffff),
    version: fields.uint(FORMAT, m, 2, 0xffff),
    depth,
    name,
    title: both(m.get(5)),
    slots,
    notice: m.has(7) ? both(m.get(7)) : null,
  };
}

/** @param {unknown} item @returns {SlotLabel} */
function slot(item) {
  const short = (/** @type {unknown} */ t) => typeof t === 'string' && t !== '' && [...t].length <= 64;
  if (!Array.isArray(item) || item.length !== 3 || !item.every(short)) throw new Malformed(FORMAT, 'slot');
  const [name, zh, en] = item;
  if (!NAME.test(name)) throw new Malformed(FORMAT, 'slot-name');
  return { name, zh, en };
}

/** @param {unknown} value @returns {Both} */
function both(value) {
  const m = fields.mapping(FORMAT, value, ['zh', 'en']);
  return { zh: fields.text(FORMAT, m, 'zh'), en: fields.text(FORMAT, m, 'en') };
}

/** Member 10 of a bundle: ascending by number and version, each once. @param {any[]} items @returns {KindManifest[]} */
export function readManifests(items) {
  const kinds = items.map(manifest);
  const order = kinds.map((k) => k.number * 0x10000 + k.version);
  if (order.some((n, i) => i > 0 && order[i - 1] >= n)) throw new Malformed(FORMAT, 'order');
  return kinds;
}

/** Depth by `kind/version`: of the manifests, and of the kinds known here. @param {KindManifest[]} kinds @returns {Map<string, number>} */
export function depths(kinds) {
  const found = new Map(Object.entries(SLOT_DEPTH));
  for (const kind of kinds) {
    const key = `${kind.number}/${kind.version}`;
    if (found.has(key) && found.get(key) !== kind.depth) {
      throw new Malformed(FORMAT, 'depth', 'not that of a kind which this verifier knows by itself');
    }
    found.set(key, kind.depth);
  }
  return found;
}
