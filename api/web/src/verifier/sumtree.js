/**
 * Merkle sum trees: every node carries the sum of the amounts below it, and its hash binds both sums under it.
 * Counterpart of verifier/charity/sumtree.py. A node is 40 bytes: hash 32, sum 8. Sums are bigints: u64 does not fit a number.
 */
import { concat, equal, isBytes, toBigInt } from './bytes.js';
import { Malformed } from './errors.js';
import { MAX_PATH, MAX_TREE_SIZE } from './merkle.js';

const FORMAT = 'sum-tree';
export const NODE_BYTES = 40;
export const MAX_SUM = (1n << 63n) - 1n;

/** @typedef {import('./merkle.js').TreeHash} TreeHash */

/** 8 bytes, big-endian. @param {bigint} n @returns {Uint8Array} */
export function u64(n) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, n);
  return out;
}

/** Sum of a node; 2^63 and more, a negative number elsewhere, throw Malformed. @param {Uint8Array} node @returns {bigint} */
export function sumOf(node) {
  const value = toBigInt(node.subarray(32));
  if (value > MAX_SUM) throw new Malformed(FORMAT, 'sum-out-of-range');
  return value;
}

/** Node of a leaf, whose data ends in its amount. Throws Malformed. @param {TreeHash} h @param {Uint8Array} data @returns {Uint8Array} */
export function leafNode(h, data) {
  if (data.length < 8) throw new Malformed(FORMAT, 'leaf-length');
  const node = concat(h.leaf(data), data.subarray(-8));
  if (sumOf(node) === 0n) throw new Malformed(FORMAT, 'leaf-amount', 'a leaf of nothing');
  return node;
}

/** Throws Malformed if the sum reaches 2^63. @param {TreeHash} h @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export function join(h, left, right) {
  const total = sumOf(left) + sumOf(right);
  if (total > MAX_SUM) throw new Malformed(FORMAT, 'overflow');
  return concat(h.node(left, right), u64(total));
}

/** The nodes of a path. Throws Malformed. @param {unknown} path @param {number} [maximum] @returns {Uint8Array[]} */
export function nodesOf(path, maximum = MAX_PATH) {
  if (!isBytes(path) || path.length % NODE_BYTES || path.length > maximum * NODE_BYTES) throw new Malformed(FORMAT, 'path-length');
  return Array.from({ length: path.length / NODE_BYTES }, (_, i) => path.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES));
}

/**
 * Root and first serial that an inclusion path leads to, leaf side first. Throws Malformed. Comparing the root with a *signed* one
 * is the caller's duty.
 * @param {TreeHash} h @param {Uint8Array} data @param {bigint} index @param {bigint} size @param {Uint8Array} path
 * @returns {{root: Uint8Array, start: bigint}}
 */
export function rootFromPath(h, data, index, size, path) {
  if (index < 0n || index >= size || size > MAX_TREE_SIZE) throw new Malformed(FORMAT, 'index-out-of-range');
  let [fn, sn, start] = [index, size - 1n, 0n];
  let node = leafNode(h, data);
  for (const sibling of nodesOf(path)) {
    if (sn === 0n) throw new Malformed(FORMAT, 'path-too-long');
    if (fn & 1n || fn === sn) {
      node = join(h, sibling, node);
      start += sumOf(sibling);
      while (!(fn & 1n) && fn) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      node = join(h, node, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Malformed(FORMAT, 'path-too-short');
  return { root: node, start };
}

/** Where RFC 9162 splits a tree of n leaves. @param {bigint} n at least 2 @returns {bigint} */
function largestPowerBelow(n) {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/**
 * Root and first serial of consecutive leaves and the nodes around them, left to right: nothing between two of the leaves can be
 * left out. Throws Malformed.
 * @param {TreeHash} h @param {bigint} first @param {Uint8Array[]} datas @param {bigint} size @param {Uint8Array} proof
 * @returns {{root: Uint8Array, start: bigint}}
 */
export function rootFromRange(h, first, datas, size, proof) {
  const end = first + BigInt(datas.length);
  if (first < 0n || first >= end || end > size || size > MAX_TREE_SIZE) throw new Malformed(FORMAT, 'range-out-of-range');
  const around = nodesOf(proof, 2 * MAX_PATH);
  let used = 0;
  let start = 0n;
  /** @param {bigint} low @param {bigint} high @returns {Uint8Array} */
  const fold = (low, high) => {
    if (high <= first || low >= end) {
      if (used === around.length) throw new Malformed(FORMAT, 'path-too-short');
      const node = around[used++];
      const sum = sumOf(node);
      if (high <= first) start += sum;
      return node;
    }
    if (high - low === 1n) return leafNode(h, datas[Number(low - first)]);
    const middle = low + largestPowerBelow(high - low);
    const left = fold(low, middle);
    return join(h, left, fold(middle, high));
  };
  const root = fold(0n, size);
  if (used !== around.length) throw new Malformed(FORMAT, 'path-too-long');
  sumOf(root);
  return { root, start };
}

/**
 * Whether the new tree only appends to the old one (RFC 9162 section 2.1.4.2), sums carried. An empty old tree is refused.
 * @param {TreeHash} h @param {bigint} oldSize @param {Uint8Array} old 40 bytes @param {bigint} newSize @param {Uint8Array} new_ 40 bytes
 * @param {Uint8Array} proof @returns {boolean}
 */
export function verifyConsistency(h, oldSize, old, newSize, new_, proof) {
  if (oldSize <= 0n || oldSize > newSize || newSize > MAX_TREE_SIZE) return false;
  try {
    const path = nodesOf(proof);
    if (oldSize === newSize) return !path.length && equal(old, new_);
    if (!(oldSize & (oldSize - 1n))) path.unshift(old); // a perfect old tree is its own first node
    if (!path.length) return false;
    const [a, b] = consistent(h, oldSize - 1n, newSize - 1n, path);
    return equal(a, old) && equal(b, new_);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** Both roots that the proof leads to; `fn` and `sn` are the last indices of both trees. @param {TreeHash} h @param {bigint} fn @param {bigint} sn @param {Uint8Array[]} path @returns {[Uint8Array, Uint8Array]} */
function consistent(h, fn, sn, path) {
  while (fn & 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let [old, new_] = [path[0], path[0]];
  for (const node of path.slice(1)) {
    if (sn === 0n) throw new Malformed(FORMAT, 'path-too-long');
    if (fn & 1n || fn === sn) {
      old = join(h, node, old);
      new_ = join(h, node, new_);
      while (!(fn & 1n) && fn) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      new_ = join(h, new_, node);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Malformed(FORMAT, 'path-too-short');
  return [old, new_];
}
