/** ZIP packages of one encoding. Counterpart of verifier/package.py: two readers must not see two documents in one file. */
import { concat, equal, utf8 } from './bytes.js';
import { Malformed } from './errors.js';

const FORMAT = 'package';
export const MAX_BYTES = 16 << 20;
export const MAX_MEMBERS = 256;
const MAX_NAME = 200;
const MAX_COMMENT = 0xffff;
const LOCAL_MAGIC = Uint8Array.of(0x50, 0x4b, 3, 4);
const CENTRAL_MAGIC = Uint8Array.of(0x50, 0x4b, 1, 2);
const END_MAGIC = Uint8Array.of(0x50, 0x4b, 5, 6);
const FIXED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0x21, 0); // flags, method, time 00:00, date 1980-01-01
const LOCAL_START = concat(LOCAL_MAGIC, Uint8Array.of(20, 0), FIXED);
const CENTRAL_START = concat(CENTRAL_MAGIC, Uint8Array.of(20, 0, 20, 0), FIXED);
const TAIL = 16; // CRC-32, packed size, size, length of the name, length of the extra field
const NAME = /^[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*(?:\/[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*)*$/;

const CRC = new Uint32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** @param {Uint8Array} data @returns {number} */
export function crc32(data) {
  let c = 0xffffffff;
  for (const byte of data) c = CRC[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array} data @param {Uint8Array} magic @param {number} at */
const startsWith = (data, magic, at) => at + magic.length <= data.length && magic.every((v, i) => data[at + i] === v);

/** Little-endian, two or four bytes each. @param {...[number, 2 | 4]} values @returns {Uint8Array} */
function packed(...values) {
  return concat(...values.map(([value, size]) => {
    const view = new DataView(new ArrayBuffer(size));
    if (size === 2) view.setUint16(0, value, true);
    else view.setUint32(0, value, true);
    return new Uint8Array(view.buffer);
  }));
}

/**
 * @typedef {object} Package
 * @property {Map<string, Uint8Array>} files contents by name, in file order
 * @property {Uint8Array} comment
 * @property {Uint8Array} body the file with the comment cut off and its length zero: what a comment that signs it signs
 */

/** The members of a package. Throws Malformed. @param {Uint8Array} data @returns {Package} */
export function readPackage(data) {
  if (data.length > MAX_BYTES) throw new Malformed(FORMAT, 'too-large');
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const directory = [];
  let position = 0;
  while (startsWith(data, LOCAL_MAGIC, position)) {
    if (files.size === MAX_MEMBERS) throw new Malformed(FORMAT, 'too-many-members');
    const { name, content, tail, end } = member(data, position);
    if (files.has(name)) throw new Malformed(FORMAT, 'repeated-name');
    files.set(name, content);
    directory.push(CENTRAL_START, tail, packed([0, 2], [0, 2], [0, 2], [0, 4], [position, 4]), utf8(name));
    position = end;
  }
  checkNames([...files.keys()]);
  const entries = concat(...directory);
  const count = files.size;
  const closing = concat(entries, END_MAGIC, packed([0, 2], [0, 2], [count, 2], [count, 2], [entries.length, 4], [position, 4]));
  if (!startsWith(data, closing, position)) throw new Malformed(FORMAT, 'directory', 'not the one of these members');
  const end = position + closing.length;
  const comment = data.slice(end + 2);
  if (comment.length > MAX_COMMENT) throw new Malformed(FORMAT, 'comment');
  const ending = concat(packed([comment.length, 2]), comment);
  if (!equal(data.subarray(end), ending)) throw new Malformed(FORMAT, 'comment-length');
  // a reader that looks for the end from behind, as most do, must find this end and no other
  for (let i = 0; i + 4 <= ending.length; i++) if (startsWith(ending, END_MAGIC, i)) throw new Malformed(FORMAT, 'comment', 'holds another end');
  return { files, comment, body: concat(data.subarray(0, end), Uint8Array.of(0, 0)) };
}

/** @param {Uint8Array} data @param {number} position */
function member(data, position) {
  const start = position + LOCAL_START.length + TAIL;
  if (start > data.length) throw new Malformed(FORMAT, 'truncated');
  if (!startsWith(data, LOCAL_START, position)) throw new Malformed(FORMAT, 'local-header', 'another version, flags, method or time');
  const tail = data.slice(position + LOCAL_START.length, start);
  const view = new DataView(tail.buffer, tail.byteOffset, TAIL);
  const size = view.getUint32(8, true);
  if (view.getUint32(4, true) !== size || view.getUint16(14, true) !== 0) {
    throw new Malformed(FORMAT, 'local-header', 'sizes differ, or an extra field');
  }
  const first = start + view.getUint16(12, true);
  const end = first + size;
  if (end > data.length) throw new Malformed(FORMAT, 'truncated');
  const letters = data.subarray(start, first);
  if (letters.some((c) => c > 0x7f)) throw new Malformed(FORMAT, 'name');
  const content = data.slice(first, end);
  if (crc32(content) !== view.getUint32(0, true)) throw new Malformed(FORMAT, 'crc');
  return { name: String.fromCharCode(...letters), content, tail, end };
}

/** Every name of the permitted form, and no two that a file system could take for one. @param {string[]} names */
function checkNames(names) {
  if (!names.every((name) => name.length <= MAX_NAME && NAME.test(name))) throw new Malformed(FORMAT, 'name');
  const taken = new Set(names.map((name) => name.toLowerCase()));
  if (taken.size !== names.length) throw new Malformed(FORMAT, 'repeated-name', 'they differ in case only');
  for (const name of taken) {
    const parts = name.split('/');
    if (parts.some((_, n) => n > 0 && taken.has(parts.slice(0, n).join('/')))) {
      throw new Malformed(FORMAT, 'name', 'one member is the folder of another');
    }
  }
}
