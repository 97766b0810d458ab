/** The receipt code: donation and secret, 16 bytes each, and a check against slips. Mirror of verifier/charity/opening.py. */
import { b45decode, b64urlDecode } from '../verifier/base.js';
import { concat, equal, utf8 } from '../verifier/bytes.js';
import { guarded } from '../verifier/errors.js';
import { sm3 } from '../verifier/sm3.js';

const PREFIX = 'MZD1:';
const BYTES = 34;
const URL = /^https:\/\/[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?\/d#([A-Za-z0-9_-]{46})$/;

/** @typedef {{donation: Uint8Array, secret: Uint8Array}} ReceiptCode */

/** Whether a scanned text is at least meant to be one. @param {string} text */
export function looksLikeReceipt(text) {
  return text.startsWith(PREFIX) || /^https:\/\/[^/#?]+\/d#/.test(text);
}

/**
 * Either form; null if it is none, or a letter of it is wrong. Blanks and line breaks around it are not the code's; inside the
 * MZD1: form a blank is a character, so what chats did to it there cannot be mended, and the check finds it.
 * @param {string} text @returns {ReceiptCode | null}
 */
export function parseReceipt(text) {
  const given = text.replace(/[\r\n\t\u200b\ufeff]/g, '').trimStart();
  const spellings = given.startsWith('https:') ? [given.replace(/\s/g, '')] : [given, given.trimEnd()];
  for (const spelling of spellings) {
    const found = guarded(() => opened(bytesOf(spelling)), () => null);
    if (found) return found;
  }
  return null;
}

/** @param {string} text @returns {Uint8Array} */
function bytesOf(text) {
  if (text.startsWith(PREFIX)) return b45decode(text.slice(PREFIX.length));
  const match = URL.exec(text);
  return match ? b64urlDecode(match[1]) : new Uint8Array();
}

/** @param {Uint8Array} raw @returns {ReceiptCode | null} */
function opened(raw) {
  if (raw.length !== BYTES) return null;
  const check = sm3(concat(utf8('mz-receipt-code\0'), raw.subarray(0, 32))).subarray(0, 2);
  return equal(check, raw.subarray(32)) ? { donation: raw.slice(0, 16), secret: raw.slice(16, 32) } : null;
}

/** What stands behind `#w` in a mail: watch and token. @param {string} hash @returns {{watch: Uint8Array, token: Uint8Array} | null} */
export function parseWatch(hash) {
  const match = /^#w([A-Za-z0-9_-]{43})$/.exec(hash);
  const raw = match && guarded(() => b64urlDecode(match[1]), () => null);
  return raw?.length === 32 ? { watch: raw.slice(0, 16), token: raw.slice(16) } : null;
}
