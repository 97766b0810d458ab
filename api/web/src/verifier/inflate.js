/**
 * zlib (RFC 1950, RFC 1951) with a bound on the output: no bomb, no second stream, nothing trailing.
 * Ours instead of DecompressionStream, because that one is asynchronous, has no output limit, and engines differ on
 * trailing data; an answer must not depend on the browser.
 */

export class InflateError extends Error {}

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DIST_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DIST_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Canonical Huffman code. @typedef {{counts: Uint16Array, symbols: Uint16Array}} Huffman */

/**
 * Over-subscribed and incomplete codes are refused; like zlib, a single distance code of one bit may be incomplete.
 * @param {number[]} lengths @param {boolean} [mayBeIncomplete] @returns {Huffman}
 */
function huffman(lengths, mayBeIncomplete = false) {
  const counts = new Uint16Array(16);
  for (const l of lengths) counts[l]++;
  let left = 1;
  for (let l = 1; l < 16; l++) {
    left = left * 2 - counts[l];
    if (left < 0) throw new InflateError('over-subscribed code');
  }
  const used = lengths.length - counts[0];
  if (left > 0 && !(mayBeIncomplete && (used === 0 || (used === 1 && counts[1] === 1)))) {
    throw new InflateError('incomplete code');
  }
  const offsets = new Uint16Array(17);
  for (let l = 1; l < 16; l++) offsets[l + 1] = offsets[l] + counts[l];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((l, symbol) => {
    if (l) symbols[offsets[l]++] = symbol;
  });
  return { counts, symbols };
}

const FIXED_LITERALS = huffman(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const FIXED_DISTANCES = huffman(Array(32).fill(5));

class Stream {
  /** @param {Uint8Array} data @param {number} maxBytes */
  constructor(data, maxBytes) {
    this.data = data;
    this.pos = 2;
    this.bit = 0;
    this.out = new Uint8Array(Math.min(maxBytes, 1 << 16));
    this.length = 0;
    this.maxBytes = maxBytes;
  }

  /** @param {number} n */
  bits(n) {
    let value = 0;
    for (let i = 0; i < n; i++) {
      if (this.pos >= this.data.length) throw new InflateError('truncated');
      value |= ((this.data[this.pos] >> this.bit) & 1) << i;
      if (++this.bit === 8) {
        this.bit = 0;
        this.pos++;
      }
    }
    return value;
  }

  /** @param {Huffman} h */
  symbol(h) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let l = 1; l < 16; l++) {
      code |= this.bits(1);
      const count = h.counts[l];
      if (code - count < first) return h.symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new InflateError('no such code');
  }

  align() {
    if (this.bit) {
      this.bit = 0;
      this.pos++;
    }
  }

  /** @param {number} byte */
  emit(byte) {
    if (this.length === this.maxBytes) throw new InflateError('too large');
    if (this.length === this.out.length) {
      const grown = new Uint8Array(Math.min(this.maxBytes, this.out.length * 2));
      grown.set(this.out);
      this.out = grown;
    }
    this.out[this.length++] = byte;
  }

  stored() {
    this.align();
    const length = this.bits(16);
    if ((length ^ this.bits(16)) !== 0xffff) throw new InflateError('stored length');
    for (let i = 0; i < length; i++) this.emit(this.bits(8));
  }

  /** @param {Huffman} literals @param {Huffman} distances */
  block(literals, distances) {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.emit(symbol);
        continue;
      }
      if (symbol > 285) throw new InflateError('length code');
      const length = LENGTH_BASE[symbol - 257] + this.bits(LENGTH_BITS[symbol - 257]);
      const d = this.symbol(distances);
      if (d > 29) throw new InflateError('distance code');
      const distance = DIST_BASE[d] + this.bits(DIST_BITS[d]);
      if (distance > this.length) throw new InflateError('distance too far back');
      for (let i = 0; i < length; i++) this.emit(this.out[this.length - distance]);
    }
  }

  dynamic() {
    const literalCount = this.bits(5) + 257;
    const distanceCount = this.bits(5) + 1;
    const codeCount = this.bits(4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw new InflateError('too many codes');
    const codeLengths = Array(19).fill(0);
    for (let i = 0; i < codeCount; i++) codeLengths[ORDER[i]] = this.bits(3);
    const lengths = this.lengths(huffman(codeLengths), literalCount + distanceCount);
    if (!lengths[256]) throw new InflateError('no end of block');
    this.block(huffman(lengths.slice(0, literalCount), true), huffman(lengths.slice(literalCount), true));
  }

  /** @param {Huffman} code @param {number} count @returns {number[]} */
  lengths(code, count) {
    const lengths = [];
    while (lengths.length < count) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      if (symbol === 16 && !lengths.length) throw new InflateError('nothing to repeat');
      const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
      const repeat = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      for (let i = 0; i < repeat; i++) lengths.push(value);
    }
    if (lengths.length > count) throw new InflateError('lengths overflow');
    return lengths;
  }
}

/** @param {Uint8Array} data */
function adler32(data) {
  let a = 1;
  let b = 0;
  for (let i = 0; i < data.length; ) {
    const end = Math.min(i + 3800, data.length); // sums stay exact that long
    for (; i < end; i++) b += a += data[i];
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** Throws InflateError. @param {Uint8Array} data one zlib stream @param {number} maxBytes @returns {Uint8Array} */
export function inflate(data, maxBytes) {
  if (data.length < 6) throw new InflateError('truncated');
  const [cmf, flg] = data;
  if ((cmf & 15) !== 8 || cmf >> 4 > 7 || (cmf * 256 + flg) % 31 || flg & 32) throw new InflateError('zlib header');
  const stream = new Stream(data, maxBytes);
  for (let last = 0; !last; ) {
    last = stream.bits(1);
    const type = stream.bits(2);
    if (type === 0) stream.stored();
    else if (type === 1) stream.block(FIXED_LITERALS, FIXED_DISTANCES);
    else if (type === 2) stream.dynamic();
    else throw new InflateError('block type');
  }
  stream.align();
  const out = stream.out.subarray(0, stream.length);
  let sum = 0;
  for (let i = 0; i < 4; i++) sum = sum * 256 + stream.bits(8);
  if (sum !== adler32(out)) throw new InflateError('checksum');
  if (stream.pos !== data.length) throw new InflateError('trailing data');
  return out;
}
