/** Merkle paths of RFC 9162 section 2.1 and of the fixed claim trees. Counterpart of verifier/merkle.py. */
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, isBytes } from './bytes.js';
import { Malformed } from './errors.js';
import { VDS_RFC9162_SHA256, VDS_RFC9162_SM3 } from './labels.js';
import { sm3 } from './sm3.js';

export const MAX_TREE_SIZE = (1n << 63n) - 1n;
export const MAX_PATH = 64;
const LEAF = Uint8Array.of(0); // the prefixes keep an inner node from passing as a leaf
const NODE = Uint8Array.of(1);

/** @typedef {{vds: number, leaf(data: Uint8Array): Uint8Array, node(l: Uint8Array, r: Uint8Array): Uint8Array}} TreeHash */

/** @param {number} vds @param {(d: Uint8Array) => Uint8Array} hash @returns {TreeHash} */
function treeHash(vds, hash) {
  return {
    vds,
    leaf: (data) => hash(concat(LEAF, data)),
    node: (left, right) => hash(concat(NODE, left, right)),
  };
}

export const SM3_TREE = treeHash(VDS_RFC9162_SM3, sm3);
export const SHA256_TREE = treeHash(VDS_RFC9162_SHA256, sha256);

/** Throws Malformed for a number that is neither. @param {unknown} vds @returns {TreeHash} */
export function treeOfVds(vds) {
  if (vds === SM3_TREE.vds) return SM3_TREE;
  if (vds === SHA256_TREE.vds) return SHA256_TREE;
  throw new Malformed('merkle', 'unknown-vds');
}

/** @param {any[]} hashes */
function checkHashes(hashes) {
  if (hashes.length > MAX_PATH) throw new Malformed('merkle', 'path-too-long');
  if (!hashes.every((h) => isBytes(h) && h.length === 32)) throw new Malformed('merkle', 'hash-length');
}

/**
 * Root that an inclusion path leads to (RFC 9162 section 2.1.3.2). Comparing it with a *signed* root is the caller's
 * duty. Throws Malformed.
 * @param {TreeHash} h @param {Uint8Array} leafHash @param {number | bigint} index @param {number | bigint} size
 * @param {Uint8Array[]} path @returns {Uint8Array}
 */
export function rootFromPath(h, leafHash, index, size, path) {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  if (fn < 0n || fn > sn || sn >= MAX_TREE_SIZE) throw new Malformed('merkle', 'index-out-of-range');
  checkHashes([leafHash]);
  checkHashes(path);
  let root = leafHash;
  for (const p of path) {
    if (sn === 0n) throw new Malformed('merkle', 'path-too-long');
    if (fn & 1n || fn === sn) {
      root = h.node(p, root);
      while (!(fn & 1n) && fn) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      root = h.node(root, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Malformed('merkle', 'path-too-short');
  return root;
}

/**
 * Root that a slot's path leads to; the path's length fixes the number of slots. Throws Malformed.
 * @param {TreeHash} h @param {Uint8Array} leafHash @param {number | bigint} slot @param {Uint8Array[]} path
 */
export function fixedRootFromPath(h, leafHash, slot, path) {
  checkHashes([leafHash]);
  checkHashes(path);
  let at = BigInt(slot);
  if (at < 0n || at >> BigInt(path.length)) throw new Malformed('commitment', 'slot-out-of-range');
  let root = leafHash;
  for (const sibling of path) {
    root = at & 1n ? h.node(sibling, root) : h.node(root, sibling);
    at >>= 1n;
  }
  return root;
}
