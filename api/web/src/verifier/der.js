/**
 * DER (ITU-T X.690 section 10), strict: the encoding of X.509 certificates and of GB/T 38540 seals. Counterpart of
 * verifier/der.py. BER writes one value in many ways; what is signed must have one encoding.
 *
 *     30 06 02 01 05 02 01 07     SEQUENCE { INTEGER 5, INTEGER 7 }
 */
import { compare, fromUtf8, hex } from './bytes.js';
import { Malformed } from './errors.js';

const FORMAT = 'der';
export const MAX_BYTES = 1 << 20;
const MAX_DEPTH = 16;
const MAX_NODES = 16384;
const MAX_INTEGER = 40; // bytes; a certificate's serial number has at most 20
const MAX_OID = 64; // bytes

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const ENUMERATED = 0x0a;
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const IA5_STRING = 0x16;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

const CONSTRUCTED = 0x20;
const OWN_CLASS = 0xc0; // context-specific and the like: what it means only its place says
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** Identifier of the context-specific tag `[number]`; an EXPLICIT one is constructed. @param {number} number @param {boolean} [constructed] */
export function context(number, constructed = true) {
  return 0x80 | (constructed ? CONSTRUCTED : 0) | number;
}

/** One element. `raw`: all of its bytes; `content`: those after the length. */
export class Node {
  /** @param {number} tag identifier byte @param {Uint8Array} raw @param {Uint8Array} content @param {Node[]} children */
  constructor(tag, raw, content, children) {
    this.tag = tag;
    this.raw = raw;
    this.content = content;
    this.children = children;
  }

  /** Value of an INTEGER. @returns {bigint} */
  integer() {
    const content = this.of(INTEGER);
    return BigInt.asIntN(8 * content.length, BigInt('0x' + hex(content)));
  }

  /** Value of a BOOLEAN. @returns {boolean} */
  boolean() {
    return this.of(BOOLEAN)[0] === 0xff;
  }

  /** Content of an OCTET STRING. @returns {Uint8Array} */
  octets() {
    return this.of(OCTET_STRING);
  }

  /** Bytes of a BIT STRING that is a whole number of them. @returns {Uint8Array} */
  bits() {
    if (this.of(BIT_STRING)[0]) throw new Malformed(FORMAT, 'bit-string', 'not whole bytes');
    return this.content.subarray(1);
  }

  /** Numbers of the bits that a named-bit BIT STRING sets. Its last bit is one (X.690 section 11.2.2). @returns {Set<number>} */
  flags() {
    const [unused, ...data] = this.of(BIT_STRING);
    if ((data.length || unused) && !(data.length && (data[data.length - 1] >> unused) & 1)) {
      throw new Malformed(FORMAT, 'bit-string', 'named bits end with a zero');
    }
    return new Set([...Array(8 * data.length).keys()].filter((i) => (data[i >> 3] >> (7 - (i & 7))) & 1));
  }

  /** Dotted form of an OBJECT IDENTIFIER. @returns {string} */
  oid() {
    const [first, ...rest] = arcs(this.of(OID));
    const root = first < 80n ? first / 40n : 2n;
    return [root, first - 40n * root, ...rest].join('.');
  }

  /** Text of a string of that type (UTF8_STRING, PRINTABLE_STRING or IA5_STRING). @param {number} tag @returns {string} */
  text(tag) {
    return fromUtf8(this.of(tag));
  }

  /** Seconds since 1970 of a UTC_TIME or GENERALIZED_TIME. @param {number} tag @returns {number} */
  time(tag) {
    const text = ascii(this.of(tag));
    return seconds(tag === UTC_TIME ? withCentury(text) : text);
  }

  /** @param {number} tag @returns {Uint8Array} */
  of(tag) {
    if (this.tag !== tag) throw new Malformed(FORMAT, 'type', `expected tag ${tag}`);
    return this.content;
  }
}

/** The members of a SEQUENCE, taken one after the other. Every failure is Malformed of the given format. */
export class Fields {
  /** @param {string} format @param {Node} node */
  constructor(format, node) {
    this.format = format;
    if (node.tag !== SEQUENCE) throw new Malformed(format, 'type', `expected tag ${SEQUENCE}`);
    this.left = [...node.children].reverse();
  }

  /** The next member, which must be of that tag. @param {number} tag @returns {Node} */
  take(tag) {
    const found = this.optional(tag);
    if (!found) throw new Malformed(this.format, 'member', `expected tag ${tag}`);
    return found;
  }

  /** The next member if it is of that tag. @param {number} tag @returns {Node | null} */
  optional(tag) {
    return this.left[this.left.length - 1]?.tag === tag ? this.any() : null;
  }

  /** What the next member holds, if it is `[number] EXPLICIT`. @param {number} number @returns {Node | null} */
  explicit(number) {
    const found = this.optional(context(number));
    if (found && found.children.length !== 1) throw new Malformed(this.format, 'explicit-tag');
    return found && found.children[0];
  }

  /** The next member, whatever it is. @returns {Node} */
  any() {
    const found = this.left.pop();
    if (!found) throw new Malformed(this.format, 'member', 'none is left');
    return found;
  }

  /** Nothing may be left. */
  end() {
    if (this.left.length) throw new Malformed(this.format, 'unknown-member');
  }
}

/** The one element that fills `data`. Throws Malformed. @param {Uint8Array} data @param {number} [maxBytes] @returns {Node} */
export function parse(data, maxBytes = MAX_BYTES) {
  if (data.length > maxBytes) throw new Malformed(FORMAT, 'too-large', `more than ${maxBytes} bytes`);
  const [node, end] = element(data, 0, data.length, MAX_DEPTH, { left: MAX_NODES });
  if (end !== data.length) throw new Malformed(FORMAT, 'trailing-data');
  return node;
}

/** @param {Uint8Array} data @param {number} start @param {number} limit @param {number} depth @param {{left: number}} budget @returns {[Node, number]} */
function element(data, start, limit, depth, budget) {
  if (!budget.left) throw new Malformed(FORMAT, 'too-many', `more than ${MAX_NODES} elements`);
  budget.left--;
  if (start + 2 > limit) throw new Malformed(FORMAT, 'truncated');
  const tag = data[start];
  if ((tag & 0x1f) === 0x1f) throw new Malformed(FORMAT, 'high-tag');
  const [length, first] = lengthAt(data, start + 1, limit);
  const end = first + length;
  if (end > limit) throw new Malformed(FORMAT, 'truncated');
  /** @type {Node[]} */
  const children = [];
  if (tag & CONSTRUCTED) {
    if (!depth) throw new Malformed(FORMAT, 'too-deep');
    for (let position = first; position < end; ) {
      const [child, next] = element(data, position, end, depth - 1, budget);
      children.push(child);
      position = next;
    }
  }
  const node = new Node(tag, data.subarray(start, end), data.subarray(first, end), children);
  if (!(tag & OWN_CLASS)) check(node);
  return [node, end];
}

/** [length, where the content begins], refusing every form longer than needed. @param {Uint8Array} data @param {number} position @param {number} limit @returns {[number, number]} */
function lengthAt(data, position, limit) {
  const n = data[position];
  if (n < 0x80) return [n, position + 1];
  const end = position + 1 + (n & 0x7f);
  if (n === 0x80) throw new Malformed(FORMAT, 'indefinite-length');
  if (n > 0x84) throw new Malformed(FORMAT, 'length', 'more than four bytes');
  if (end > limit) throw new Malformed(FORMAT, 'truncated');
  const length = data.subarray(position + 1, end).reduce((value, byte) => value * 256 + byte, 0);
  if (length < 0x80 || data[position + 1] === 0) throw new Malformed(FORMAT, 'non-shortest');
  return [length, end];
}

/** The content of a universal type: canonical, and of a type that our formats have. @param {Node} node */
function check({ tag, content, children }) {
  const rule = CHECKS.get(tag);
  if (!rule) throw new Malformed(FORMAT, 'type', 'a type that is not used here, or a string in pieces');
  if (tag === SET && children.some((child, i) => i > 0 && compare(children[i - 1].raw, child.raw) >= 0)) {
    throw new Malformed(FORMAT, 'set-order');
  }
  rule(content);
}

/** Any bytes, or elements that were checked one by one. */
function checkNothing() {}

/** @param {Uint8Array} content */
function checkBoolean(content) {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new Malformed(FORMAT, 'boolean');
}

/** @param {Uint8Array} content */
function checkNull(content) {
  if (content.length) throw new Malformed(FORMAT, 'null');
}

/** @param {Uint8Array} content */
function checkOid(content) {
  if (!content.length || content.length > MAX_OID) throw new Malformed(FORMAT, 'oid', 'length');
  arcs(content);
}

/** @param {Uint8Array} content */
function checkInteger(content) {
  if (!content.length || content.length > MAX_INTEGER) throw new Malformed(FORMAT, 'integer', 'length');
  const [first, second] = content;
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new Malformed(FORMAT, 'integer', 'not minimal');
  }
}

/** @param {Uint8Array} content */
function checkBits(content) {
  const [unused] = content;
  if (!content.length || unused > 7 || (unused && content.length === 1)) throw new Malformed(FORMAT, 'bit-string');
  if (content.length > 1 && content[content.length - 1] & ((1 << unused) - 1)) {
    throw new Malformed(FORMAT, 'bit-string', 'unused bits are not zero');
  }
}

/** @param {Uint8Array} content */
function checkPrintable(content) {
  if (!PRINTABLE.test(ascii(content))) throw new Malformed(FORMAT, 'text');
}

/** @param {Uint8Array} content */
function checkIa5(content) {
  if (content.some((byte) => byte > 0x7f)) throw new Malformed(FORMAT, 'text');
}

/** @param {Uint8Array} content */
function checkUtf8(content) {
  try {
    fromUtf8(content);
  } catch {
    throw new Malformed(FORMAT, 'text');
  }
}

/** @param {Uint8Array} content */
function checkUtc(content) {
  const text = ascii(content);
  if (!/^[0-9]{12}Z$/.test(text)) throw new Malformed(FORMAT, 'time');
  seconds(withCentury(text));
}

/** Seconds are there, fractions are not, the zone is Z, and the moment exists. @param {Uint8Array} content */
function checkGeneralized(content) {
  const text = ascii(content);
  if (!/^[0-9]{14}Z$/.test(text)) throw new Malformed(FORMAT, 'time');
  seconds(text);
}

/** One character a byte; those beyond 127 match no form of ours. @param {Uint8Array} content */
function ascii(content) {
  return Array.from(content, (byte) => String.fromCharCode(byte)).join('');
}

/** Two digits of year are 1950 to 2049 (RFC 5280 section 4.1.2.5.1). @param {string} text */
function withCentury(text) {
  return (text >= '5' ? '19' : '20') + text;
}

/** `YYYYMMDDhhmmssZ`. Throws Malformed for a moment that does not exist, a leap second among them. @param {string} text @returns {number} */
function seconds(text) {
  const [year, month, day, hour, minute, second] = [text.slice(0, 4), ...(text.slice(4).match(/../g) ?? [])].map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day); // not Date.UTC, which takes the year 50 for 1950
  moment.setUTCHours(hour, minute, second);
  // a day or second too many has run over into the next
  if (year === 0 || generalized(moment.getTime() / 1000) !== text) throw new Malformed(FORMAT, 'time', 'does not exist');
  return moment.getTime() / 1000;
}

/** `YYYYMMDDhhmmssZ`, as GeneralizedTime and SignatureDateTime write it. @param {number} at seconds since 1970, of the years 0 to 9999 */
export function generalized(at) {
  return new Date(at * 1000).toISOString().replace(/[-:T]|\.000/g, '');
}

/** The numbers of an object identifier, the first two still as one. Throws Malformed for a padded or cut one. @param {Uint8Array} content @returns {bigint[]} */
function arcs(content) {
  /** @type {bigint[]} */
  const found = [];
  let value = 0n;
  let begun = false;
  for (const byte of content) {
    if (!begun && byte === 0x80) throw new Malformed(FORMAT, 'oid', 'not minimal');
    value = (value << 7n) | BigInt(byte & 0x7f);
    begun = byte >= 0x80;
    if (begun) continue;
    found.push(value);
    value = 0n;
  }
  if (begun) throw new Malformed(FORMAT, 'oid', 'truncated');
  return found;
}

/** @type {Map<number, (content: Uint8Array) => void>} */
const CHECKS = new Map([
  [BOOLEAN, checkBoolean],
  [INTEGER, checkInteger],
  [ENUMERATED, checkInteger],
  [BIT_STRING, checkBits],
  [OCTET_STRING, checkNothing],
  [NULL, checkNull],
  [OID, checkOid],
  [UTF8_STRING, checkUtf8],
  [PRINTABLE_STRING, checkPrintable],
  [IA5_STRING, checkIa5],
  [UTC_TIME, checkUtc],
  [GENERALIZED_TIME, checkGeneralized],
  [SEQUENCE, checkNothing],
  [SET, checkNothing],
]);
