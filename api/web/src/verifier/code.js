/** The Minzheng code as text: `https://HOST/v#<base64url>` or `MZ1:<base45>`. Counterpart of verifier/code.py. */
import { b45decode, b64urlDecode } from './base.js';
import { Malformed } from './errors.js';

export const PREFIX = 'MZ1:';
export const MAX_CHARS = 1134; // V22-M, the largest symbol that phones read reliably
export const MAX_URL_CHARS = 779;
const URL_FORM = /^https:\/\/[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?\/v#([A-Za-z0-9_-]+)$/;

/** By characters, as Python counts. A pasted book is not taken apart first. @param {string} text @param {number} maximum */
function longer(text, maximum) {
  return text.length > 2 * maximum || [...text].length > maximum;
}

/** Statement bytes of a code in either form. Throws Malformed. @param {string} text @returns {Uint8Array} */
export function parseCode(text) {
  if (text.startsWith(PREFIX)) {
    if (longer(text, MAX_CHARS)) throw new Malformed('code', 'too-long');
    return b45decode(text.slice(PREFIX.length));
  }
  if (longer(text, MAX_URL_CHARS)) throw new Malformed('code', 'too-long');
  const match = URL_FORM.exec(text); // the host is not evidence of anything and is not read
  if (!match) throw new Malformed('code', 'prefix', 'neither MZ1: nor an https address with /v#');
  return b64urlDecode(match[1]);
}
