/**
 * The XML files of an OFD package (GB/T 33190), read with no more of XML than they need. Counterpart of
 * verifier/ofdxml.py; written out because a browser's DOMParser mends what is broken and follows what we refuse.
 *
 * One namespace, UTF-8, elements, attributes, character data. Document types, entities, instructions, comments and CDATA
 * are refused: they bring words that one reader sees and another does not. Names are ASCII, as all of the standard's are.
 */
import { fromUtf8 } from './bytes.js';
import { Malformed } from './errors.js';

export const FORMAT = 'ofd';
const NAMESPACE = 'http://www.ofdspec.org/2016';
const XML_NAMESPACES = ['http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/'];
const MAX_BYTES = 1 << 20;
const MAX_DEPTH = 12;
const MAX_ELEMENTS = 4096;

// sticky, and each takes one thing: a pattern for a whole tag would run out of stack on a tag of a megabyte
const DECLARATION = /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.0\1[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])[Uu][Tt][Ff]-8\2(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\3)?[ \t\n]*\?>/y;
const SPACE = /[ \t\n]+/y;
const NAME = /(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/y;
const EQUALS = /[ \t\n]*=[ \t\n]*/y;
const VALUE = /"([^"<]*)"|'([^'<]*)'/y;
const TEXT = /[^<]+/y;
const NOT_CHARACTERS = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** @type {Record<string, string>} */
const ENTITIES = { 'lt;': '<', 'gt;': '>', 'amp;': '&', 'apos;': "'", 'quot;': '"' };

/** An element of the OFD namespace. `text`: its own character data; "" if it has children. */
export class Element {
  /** @param {string} name @param {Map<string, string>} attributes */
  constructor(name, attributes) {
    this.name = name;
    this.attributes = attributes;
    /** @type {Element[]} */
    this.children = [];
    this.text = '';
  }

  /** Children of that name, in order. @param {string} name @returns {Element[]} */
  all(name) {
    return this.children.filter((child) => child.name === name);
  }

  /** The child of that name, of which there is at most one. @param {string} name @returns {Element | null} */
  maybe(name) {
    const found = this.all(name);
    if (found.length > 1) throw new Malformed(FORMAT, 'repeated', name);
    return found[0] ?? null;
  }

  /** The child of that name. @param {string} name @returns {Element} */
  one(name) {
    const found = this.maybe(name);
    if (!found) throw new Malformed(FORMAT, 'missing', name);
    return found;
  }

  /** The value of that attribute. @param {string} name @returns {string} */
  attribute(name) {
    const value = this.attributes.get(name);
    if (value === undefined) throw new Malformed(FORMAT, 'missing', `attribute ${name}`);
    return value;
  }

  /** Nothing but these names. @param {string[]} children @param {string[]} [attributes] */
  only(children, attributes = []) {
    if (!this.children.every((child) => children.includes(child.name)) || ![...this.attributes.keys()].every((key) => attributes.includes(key))) {
      throw new Malformed(FORMAT, 'unknown-member', `in ${this.name}`);
    }
  }
}

/** The root element, which must be of that name. Throws Malformed. @param {Uint8Array} data @param {string} root @returns {Element} */
export function parseXml(data, root) {
  if (data.length > MAX_BYTES) throw new Malformed(FORMAT, 'too-large', `more than ${MAX_BYTES} bytes`);
  const element = new Reader(textOf(data)).document();
  if (element.name !== root) throw new Malformed(FORMAT, 'root', `expected ${root}`);
  return element;
}

/** @param {string} detail @returns {never} */
function refuse(detail) {
  throw new Malformed(FORMAT, 'xml', detail);
}

/** Characters that XML has, line ends made one (XML 1.0 section 2.11). @param {Uint8Array} data */
function textOf(data) {
  let text;
  try {
    text = fromUtf8(data);
  } catch {
    return refuse('not UTF-8');
  }
  if (!text.startsWith('<')) refuse('expected UTF-8 without a mark');
  if (NOT_CHARACTERS.test(text)) refuse('a character that XML does not have');
  return text.replace(/\r\n?/g, '\n');
}

/** References replaced by what they stand for. @param {string} text */
function expanded(text) {
  return text.replace(/&([^&;]*;?)/g, (_, /** @type {string} */ body) => {
    if (Object.hasOwn(ENTITIES, body)) return ENTITIES[body];
    const [, decimal, hexadecimal] = /^#(?:([0-9]+)|x([0-9a-fA-F]+));$/.exec(body) ?? refuse('an entity of its own');
    const code = decimal ? Number(decimal) : parseInt(hexadecimal, 16);
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
    return NOT_CHARACTERS.test(character) ? refuse('a character that XML does not have') : character;
  });
}

/** @typedef {{element: Element, tag: string, scope: Scope, text: string[]}} Open an element whose end has not been seen */

/** What prefixes mean inside an element; "" is the default. */
class Scope {
  /** @param {Map<string, string>} own @param {Scope | null} outer */
  constructor(own, outer) {
    this.own = own;
    this.outer = outer;
  }

  /** @param {string} prefix @returns {string | undefined} */
  find(prefix) {
    return this.own.get(prefix) ?? this.outer?.find(prefix);
  }
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.count = 0;
    /** @type {Open[]} */
    this.open = [];
    /** @type {Element | null} */
    this.root = null;
  }

  /** What stands here, if it is of that form. @param {RegExp} form sticky @returns {RegExpExecArray | null} */
  maybe(form) {
    form.lastIndex = this.at;
    const found = form.exec(this.text);
    if (found) this.at = form.lastIndex;
    return found;
  }

  /** @param {RegExp} form sticky @returns {RegExpExecArray} */
  take(form) {
    return this.maybe(form) ?? refuse('not well-formed');
  }

  /** Whether these characters stand here, which are then taken. @param {string} characters */
  skip(characters) {
    const found = this.text.startsWith(characters, this.at);
    if (found) this.at += characters.length;
    return found;
  }

  document() {
    if (this.text.startsWith('<?xml') && !this.maybe(DECLARATION)) refuse('expected version 1.0 in UTF-8');
    this.maybe(SPACE);
    do this.markup();
    while (this.open.length);
    this.maybe(SPACE);
    if (this.at !== this.text.length || !this.root) refuse('not well-formed');
    return /** @type {Element} */ (this.root);
  }

  /** A tag, or the characters up to the next one. */
  markup() {
    if (this.text.startsWith('<!', this.at) || this.text.startsWith('<?', this.at)) {
      refuse('a document type, instruction, comment or CDATA section');
    }
    if (this.skip('</')) return this.end();
    if (this.skip('<')) return this.start();
    const [text] = this.take(TEXT);
    if (text.includes(']]>') || !this.open.length) refuse('not well-formed');
    this.open[this.open.length - 1].text.push(expanded(text));
  }

  start() {
    if (this.open.length === MAX_DEPTH || ++this.count > MAX_ELEMENTS) refuse('too deep or too many elements');
    const [tag, prefix = '', name] = this.take(NAME);
    /** @type {Map<string, string>} */
    const own = new Map();
    /** @type {Map<string, string>} */
    const attributes = new Map();
    let ended = false;
    for (;;) {
      const apart = this.maybe(SPACE);
      ended = this.skip('/>');
      if (ended || this.skip('>')) break;
      if (!apart) refuse('not well-formed');
      this.attribute(own, attributes);
    }
    const scope = new Scope(own, this.open[this.open.length - 1]?.scope ?? null);
    if (scope.find(prefix) !== NAMESPACE) throw new Malformed(FORMAT, 'namespace');
    this.open.push({ element: new Element(name, attributes), tag, scope, text: [] });
    if (ended) this.close();
  }

  /** @param {Map<string, string>} own what the element says of prefixes @param {Map<string, string>} attributes the others */
  attribute(own, attributes) {
    const [, prefix, name] = this.take(NAME);
    this.take(EQUALS);
    const [, double, single] = this.take(VALUE);
    const value = expanded((double ?? single).replace(/[\t\n]/g, ' '));
    const declared = prefix === 'xmlns' ? name : !prefix && name === 'xmlns' ? '' : null;
    if (declared === null && prefix) throw new Malformed(FORMAT, 'namespace'); // of another one, or of none
    const [into, key] = declared === null ? [attributes, name] : [own, declared];
    if (into.has(key)) refuse('not well-formed');
    into.set(key, value);
    if (declared === null) return;
    const reserved = XML_NAMESPACES.indexOf(value);
    // a prefix cannot be taken back, and two names mean what XML itself says and nothing else
    if (declared === 'xml' ? reserved !== 0 : reserved >= 0 || declared === 'xmlns') refuse('not well-formed');
    if (value.includes(' ') || (declared && !value)) refuse('not well-formed');
  }

  end() {
    const [tag] = this.take(NAME);
    this.maybe(SPACE);
    if (!this.skip('>') || this.open[this.open.length - 1]?.tag !== tag) refuse('not well-formed');
    this.close();
  }

  close() {
    const { element, text } = /** @type {Open} */ (this.open.pop());
    element.text = text.join('');
    if (element.children.length) {
      if (/[^ \t\r\n]/.test(element.text)) throw new Malformed(FORMAT, 'mixed-content', `in ${element.name}`);
      element.text = '';
    }
    if (this.open.length) this.open[this.open.length - 1].element.children.push(element);
    else this.root = element;
  }
}
