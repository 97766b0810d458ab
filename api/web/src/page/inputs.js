/** From what a person hands us to what the verifier takes: a code (string), a holder's file (bytes), evidence for it, or a problem. */
import { parseCode } from '../verifier/code.js';
import { MAX_NOTE_BYTES } from '../verifier/checkpoint.js';
import { MAX_FILE_BYTES, parseCertificate } from '../verifier/credential.js';
import { MAX_BYTES as MAX_DOCUMENT_BYTES, isDocument, readDocument } from '../verifier/documents.js';
import { VerifierError, guarded } from '../verifier/errors.js';
import { AnchorProof, MAX_PROOF_BYTES } from '../verifier/finality/proof.js';

const MAX_PICTURE_BYTES = 30 << 20;
const HEAD_BYTES = 1024; // of a file, to know its kind
const CHECKPOINT = /^[^\n]{1,200}\n(?:0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n\n\u2014 /u;

/** @typedef {{kind: 'code', code: string} | {kind: 'file', bytes: Uint8Array} | {kind: 'checkpoint' | 'proof', bytes: Uint8Array} | {kind: 'picture'} | {kind: 'problem', name: string}} Input */

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
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const ascii = String.fromCharCode(...head.subarray(0, 16));
  if (isDocument(head)) return documentFile(file, ascii.startsWith('%PDF') ? 'pdf' : 'ofd');
  const named = /\.mzc$/i.test(/** @type {File} */ (file).name ?? '');
  if ((head[0] === 0xd2 && head[1] === 0x84) || named) {
    if (file.size > MAX_FILE_BYTES) return { kind: 'problem', name: 'too-large' };
    return { kind: 'file', bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  if (AnchorProof.recognises(head)) return evidence('proof', file, MAX_PROOF_BYTES);
  if (CHECKPOINT.test(new TextDecoder().decode(head))) return evidence('checkpoint', file, MAX_NOTE_BYTES);
  // an observation is worth what the node is worth that it was read from, and a file does not say whose that was
  if (ascii.startsWith('\xaa\x01\x01\x02')) return { kind: 'problem', name: 'observation' };
  if (/^(\xef\xbb\xbf)?\s*(MZ1:|https:)/.test(ascii) && file.size < 8192) return { kind: 'code', code: tidyCode(await file.text()) };
  return file.size > MAX_PICTURE_BYTES ? { kind: 'problem', name: 'too-large' } : { kind: 'picture' };
}

/** A document with a certificate inside; another is nobody's forgery, just not ours to judge. @param {Blob} file @param {string} name @returns {Promise<Input>} */
async function documentFile(file, name) {
  if (file.size > MAX_DOCUMENT_BYTES) return { kind: 'problem', name: 'too-large' };
  const bytes = new Uint8Array(await file.arrayBuffer());
  // one that cannot be taken apart is for the verifier to refuse: it may have been ours before somebody changed it
  const foreign = guarded(() => readDocument(bytes).holderFile === null, () => name === 'ofd' && !carries(bytes));
  return foreign ? { kind: 'problem', name } : { kind: 'file', bytes };
}

/** Whether a package that is not of our encoding names our file at all. @param {Uint8Array} bytes */
function carries(bytes) {
  return new TextDecoder('latin1').decode(bytes).includes('certificate.mzc');
}

/** @param {'checkpoint' | 'proof'} kind @param {Blob} file @param {number} limit @returns {Promise<Input>} */
async function evidence(kind, file, limit) {
  if (file.size > limit) return { kind: 'problem', name: 'too-large' };
  return { kind, bytes: new Uint8Array(await file.arrayBuffer()) };
}
