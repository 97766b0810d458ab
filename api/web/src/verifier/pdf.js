/** A PDF that carries the issuer's statement about its own bytes. Counterpart of verifier/pdf.py. */
import { concat, equal } from './bytes.js';
import { Malformed } from './errors.js';
import { InflateError, inflate } from './inflate.js';

const FORMAT = 'pdf';
export const MAX_BYTES = 16 << 20;
export const MAX_STATEMENT = 64 * 1024;
const MAX_ATTACHMENT = 256 * 1024;
const TAIL = 1024;
const END = /startxref\n([1-9][0-9]{0,9})\n%%EOF\n?$/;
const TRAILER = /trailer\n<<\/Size ([1-9][0-9]{0,8})(\/Root [1-9][0-9]{0,8} 0 R\/Info [1-9][0-9]{0,8} 0 R\/ID\[\([0-9A-Za-z+/=]{1,64}\)\([0-9A-Za-z+/=]{1,64}\)\])>>\nstartxref\n([1-9][0-9]{0,9})\n%%EOF\n?$/;
const TABLE = /xref\n[1-9][0-9]{0,8} 1\n([0-9]{10}) 00000 n\r\ntrailer\n/y;
const STREAM = /\n[1-9][0-9]{0,8} 0 obj\n<<\/Type\/MZRendition\/Length ([1-9][0-9]{0,5})>>\nstream\n/y;
const ATTACHMENT = /obj\n<<\/Length ([1-9][0-9]{0,6})\/Type\/EmbeddedFile(\/Filter\/FlateDecode)?\/Subtype\/application#2Fcose\/Params<<[^<>\n]{0,200}>>>>\nstream\n/g;

/** Bytes as characters of the same numbers, so that patterns count bytes. @param {Uint8Array} data @returns {string} */
function latin(data) {
  const parts = [];
  for (let at = 0; at < data.length; at += 8192) parts.push(String.fromCharCode(...data.subarray(at, at + 8192)));
  return parts.join('');
}

/** @param {string} text of characters below 256 @returns {Uint8Array} */
const bytes = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** The pattern at exactly that place. @param {RegExp} pattern sticky @param {string} text @param {number} at */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Whether it begins as a PDF does. @param {Uint8Array} data */
export function isPdf(data) {
  return latin(data.subarray(0, 5)) === '%PDF-';
}

/** The file: P and its update. Throws Malformed if P is not of the typesetter's form. @param {Uint8Array} body @param {Uint8Array} statement @returns {Uint8Array} */
export function appendStatement(body, statement) {
  if (!statement.length || statement.length > MAX_STATEMENT || body.length > MAX_BYTES) throw new Malformed(FORMAT, 'size');
  const found = TRAILER.exec(latin(body.subarray(Math.max(0, body.length - TAIL))));
  if (!found || !isPdf(body)) throw new Malformed(FORMAT, 'trailer', "not of the typesetter's form");
  const size = Number(found[1]);
  const head = bytes(`\n${size} 0 obj\n<</Type/MZRendition/Length ${statement.length}>>\nstream\n`);
  const foot = bytes('\nendstream\nendobj\n');
  const table = body.length + head.length + statement.length + foot.length;
  const offset = String(body.length + 1).padStart(10, '0');
  const rest = `xref\n${size} 1\n${offset} 00000 n\r\ntrailer\n<</Size ${size + 1}${found[2]}/Prev ${found[3]}>>\nstartxref\n${table}\n%%EOF\n`;
  return concat(body, head, statement, foot, bytes(rest));
}

/**
 * Take a file apart; without an update of ours the whole file is `body`. Throws Malformed for an update that is not the one
 * which belongs there: whatever follows P in any other form may change what is shown.
 * @param {Uint8Array} data @returns {{body: Uint8Array, statement: Uint8Array | null}}
 */
export function readPdf(data) {
  if (!isPdf(data)) throw new Malformed(FORMAT, 'header');
  if (data.length > MAX_BYTES + 2 * MAX_STATEMENT) throw new Malformed(FORMAT, 'size');
  const text = latin(data);
  const found = update(data, text);
  if (found && equal(appendStatement(found.body, found.statement), data)) return found;
  if (text.includes('/Type/MZRendition')) throw new Malformed(FORMAT, 'update', 'not the one that belongs to these bytes');
  return { body: data, statement: null };
}

/** What the end of the file says of itself; not believed before it was derived again. @param {Uint8Array} data @param {string} text */
function update(data, text) {
  const end = END.exec(text.slice(-TAIL));
  const table = end && matchAt(TABLE, text, Number(end[1]));
  if (!table) return null;
  const start = Number(table[1]) - 1;
  const head = start >= 0 ? matchAt(STREAM, text, start) : null;
  if (!head) return null;
  const first = start + head[0].length;
  return { body: data.slice(0, start), statement: data.slice(first, first + Number(head[1])) };
}

/** The holder's file inside: the one embedded file of type application/cose, or null. @param {Uint8Array} body @returns {Uint8Array | null} */
export function attachment(body) {
  const found = [...latin(body).matchAll(ATTACHMENT)];
  if (found.length !== 1) return null;
  const first = found[0].index + found[0][0].length;
  const content = body.slice(first, first + Number(found[0][1]));
  if (content.length !== Number(found[0][1])) return null;
  if (!found[0][2]) return content;
  try {
    return inflate(content, MAX_ATTACHMENT);
  } catch (error) {
    if (error instanceof InflateError) return null;
    throw error;
  }
}
