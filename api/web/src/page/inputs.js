/** From what a person hands us to what the verifier takes: a code (string), a holder's file (bytes), or a problem. */
import { parseCode } from '../verifier/code.js';
import { MAX_FILE_BYTES, parseCertificate } from '../verifier/credential.js';
import { VerifierError } from '../verifier/errors.js';

const MAX_PICTURE_BYTES = 30 << 20;

/** @typedef {{kind: 'code', code: string} | {kind: 'file', bytes: Uint8Array} | {kind: 'picture'} | {kind: 'problem', name: string}} Input */

/** Whether a scanned text is at least meant to be a Minzheng code. @param {string} text */
export function looksLikeCode(text) {
  return text.startsWith('MZ1:') || /^https:\/\/[^/#?]+\/v#/.test(text);
}

/**
 * Pasted text: line breaks of a mail and blanks around it are not the code's. A blank is a base45 character, though, so
 * trailing blanks go only if the text is a certificate without them and not with them.
 * @param {string} text @returns {string}
 */
export function tidyCode(text) {
  const joined = text.replace(/[\r\n\t\u200b\ufeff]/g, '').trimStart();
  if (joined.startsWith('https:')) return joined.replace(/\s/g, ''); // no address has blanks, but chats break lines with them
  const spellings = [joined, joined.trimEnd()];
  return spellings.find(isCertificate) ?? joined.trimEnd();
}

/** @param {string} text */
function isCertificate(text) {
  try {
    parseCertificate(parseCode(text));
    return true;
  } catch (error) {
    if (error instanceof VerifierError) return false;
    throw error;
  }
}

/** The code in the address of this page (`/v#…`), as the code's own URL form. @param {string} hash @returns {string | null} */
export function codeFromHash(hash) {
  // a short word is a link inside the page, not a code; the smallest statement has more than 200 bytes
  return hash.length > 100 ? `https://this.page/v${hash}` : null;
}

/** Sorted by content, not by name: names lie. @param {Blob} file @returns {Promise<Input>} */
export async function sortFile(file) {
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const ascii = String.fromCharCode(...head);
  if (ascii.startsWith('%PDF')) return { kind: 'problem', name: 'pdf' };
  if (ascii.startsWith('PK\x03\x04')) return { kind: 'problem', name: 'ofd' };
  const named = /\.mzc$/i.test(/** @type {File} */ (file).name ?? '');
  if ((head[0] === 0xd2 && head[1] === 0x84) || named) {
    if (file.size > MAX_FILE_BYTES) return { kind: 'problem', name: 'too-large' };
    return { kind: 'file', bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  if (/^(\xef\xbb\xbf)?\s*(MZ1:|https:)/.test(ascii) && file.size < 8192) return { kind: 'code', code: tidyCode(await file.text()) };
  return file.size > MAX_PICTURE_BYTES ? { kind: 'problem', name: 'too-large' } : { kind: 'picture' };
}
