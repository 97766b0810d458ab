/** Checkpoints as C2SP signed notes. Counterpart of verifier/checkpoint.py; verifier keys in text form are not read here. */
import { sha256 } from '@noble/hashes/sha2.js';
import { b64Decode, b64Encode } from './base.js';
import { concat, fromUtf8, hex, utf8 } from './bytes.js';
import { Malformed, Unsupported } from './errors.js';
import { isKeyName } from './fields.js';
import { CRV_ED25519, CRV_SM2 } from './labels.js';
import { MAX_TREE_SIZE } from './merkle.js';

const FORMAT = 'checkpoint';
export const MAX_NOTE_BYTES = 65536;
export const MAX_SIGNATURES = 64;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const DASH = '\u2014 ';

/** Types of note keys: one that signs the text itself, or a time and the text. Never both. */
export const LOG = 'log';
export const COSIGNER = 'cosigner';
/** @type {Record<string, Record<number, Uint8Array>>} */
const TYPES = {
  [LOG]: { [CRV_ED25519]: Uint8Array.of(1), [CRV_SM2]: concat(Uint8Array.of(0xff), utf8('SM2-SM3-GBT32918')) },
  [COSIGNER]: { [CRV_ED25519]: Uint8Array.of(4), [CRV_SM2]: concat(Uint8Array.of(0xff), utf8('SM2-SM3-GBT32918/cosignature/v1')) },
};

/**
 * Key id of signed-note, eight hexadecimal digits: SHA-256(name || 0x0A || type || public key)[:4]. Throws Unsupported.
 * @param {string} name @param {import('./cose.js').CoseKey} key @param {string} use LOG or COSIGNER
 */
export function noteKeyId(name, key, use) {
  const type = TYPES[use][key.crv];
  if (!type) throw new Unsupported('signed note: no signature type for this algorithm');
  return hex(sha256(concat(utf8(`${name}\n`), type, key.bytes)).subarray(0, 4));
}

/** @typedef {{name: string, keyId: string, signature: Uint8Array}} NoteSignature */

/** A checkpoint and its signature lines; parsed, *unverified*. */
export class SignedNote {
  /** Strict: no other bytes mean the same. Throws Malformed. @param {Uint8Array} data */
  constructor(data) {
    if (data.length > MAX_NOTE_BYTES) throw new Malformed(FORMAT, 'too-large');
    const text = decoded(data);
    const at = text.indexOf('\n\n');
    const lines = text.slice(0, at).split('\n');
    if (at < 0 || lines.length !== 3) throw new Malformed(FORMAT, 'lines', 'expected origin, size and root');
    this.origin = lines[0];
    if (!isKeyName(this.origin)) throw new Malformed(FORMAT, 'origin');
    if (!SIZE.test(lines[1])) throw new Malformed(FORMAT, 'size');
    this.size = BigInt(lines[1]);
    this.root = b64Decode(lines[2], FORMAT);
    if (this.size > MAX_TREE_SIZE || this.root.length !== 32) throw new Malformed(FORMAT, 'size-or-root');
    const tail = text.slice(at + 2).split('\n');
    if (tail.pop() !== '' || !tail.length || tail.length > MAX_SIGNATURES) throw new Malformed(FORMAT, 'signatures');
    /** A line said many times is kept once: nobody pays a signature check for a copied line. @type {NoteSignature[]} */
    this.signatures = [...new Set(tail)].map(signatureLine);
    /** The text that is signed, with its final newline. */
    this.text = `${this.origin}\n${this.size}\n${b64Encode(this.root)}\n`;
  }

  /** Whether at least one line of this name and key id is a good signature, and none of them is bad. @param {string} name @param {import('./cose.js').CoseKey} key */
  verify(name, key) {
    const keyId = noteKeyId(name, key, LOG);
    const message = utf8(this.text);
    const mine = this.signatures.filter((s) => s.name === name && s.keyId === keyId);
    return mine.length > 0 && mine.every((s) => key.verify(s.signature, message));
  }
}

/** @param {Uint8Array} data */
function decoded(data) {
  try {
    return fromUtf8(data);
  } catch (error) {
    if (error instanceof TypeError) throw new Malformed(FORMAT, 'utf8');
    throw error;
  }
}

/** @param {string} line @returns {NoteSignature} */
function signatureLine(line) {
  const at = line.indexOf(' ', DASH.length);
  const name = line.slice(DASH.length, at);
  if (!line.startsWith(DASH) || at < 0 || !isKeyName(name)) throw new Malformed(FORMAT, 'signature-line');
  const raw = b64Decode(line.slice(at + 1), FORMAT);
  if (raw.length < 5) throw new Malformed(FORMAT, 'signature-line');
  return { name, keyId: hex(raw.subarray(0, 4)), signature: raw.subarray(4) };
}
