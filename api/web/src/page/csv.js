/**
 * CSV (RFC 4180) as spreadsheets open it: a byte-order mark, for they guess the encoding otherwise. A cell that begins like a
 * formula gets an apostrophe: these texts are written by those who are looked at (CWE-1236).
 */
import { utf8 } from '../verifier/bytes.js';

/** @param {string} cell */
function quoted(cell) {
  const safe = /^[=+\-@\t\r]/.test(cell) && !/^-?[\d.,]+$/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {string[][]} lines @returns {Uint8Array} */
export function csvOf(lines) {
  return utf8(`\ufeff${lines.map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`);
}
