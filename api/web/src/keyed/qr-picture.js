/** A code as a picture: one SVG path, dark on white with the quiet zone that ISO/IEC 18004 asks for. */
import encodeQR from 'qr';
import { svg } from '../page/dom.js';

const QUIET = 4; // modules

/** @param {string} text @param {string} label for screen readers @returns {SVGElement} */
export function qrPicture(text, label) {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  const size = rows.length;
  const dark = rows.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  const picture = svg(`0 0 ${size} ${size}`, [
    ['rect', { width: String(size), height: String(size), fill: '#fff' }],
    ['path', { d: dark.join(''), fill: '#000', 'shape-rendering': 'crispEdges' }],
  ]);
  picture.removeAttribute('aria-hidden');
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', label);
  picture.setAttribute('class', 'code');
  return picture;
}
