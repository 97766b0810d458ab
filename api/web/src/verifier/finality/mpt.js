/** Inclusion in a Merkle-Patricia trie with hashed keys (Yellow Paper, appendix D). Counterpart of verifier/finality/mpt.py. */
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js';
import { equal, hex, isBytes } from '../bytes.js';
import { Malformed, ProofInvalid } from '../errors.js';
import * as rlp from './rlp.js';

export const MAX_NODES = 64; // a path of 64 nibbles
const HASH_BYTES = 32;
const BRANCH = 17;

/**
 * The value that the trie of that root holds at keccak(key). Throws Malformed, or ProofInvalid. Every node must be used,
 * in order: a proof with something to spare has been tampered with or is of something else.
 * @param {Uint8Array} root @param {Uint8Array} key @param {Uint8Array[]} nodes from the root to the leaf
 */
export function valueAt(root, key, nodes) {
  const remaining = [...nodes];
  let path = hex(keccak256(key));
  let node = byHash(root, remaining);
  for (let afterExtension = false; ;) {
    /** @type {rlp.Item} */
    let reference;
    if (node.length === BRANCH) {
      // all keys are 32 bytes: none ends inside the trie
      if (!path || rlp.octets(node[16]).length) throw new ProofInvalid('mpt-branch');
      reference = node[parseInt(path[0], 16)];
      path = path.slice(1);
      afterExtension = false;
    } else if (node.length === 2) {
      const [isLeaf, part] = compact(rlp.octets(node[0]));
      if (afterExtension || !path.startsWith(part)) throw new ProofInvalid('mpt-path');
      if (isLeaf) return leaf(node[1], path === part, remaining);
      reference = node[1];
      path = path.slice(part.length);
      afterExtension = true;
    } else {
      throw new Malformed('mpt', 'node');
    }
    node = child(reference, remaining);
  }
}

/** @param {rlp.Item} value @param {boolean} whole @param {Uint8Array[]} remaining */
function leaf(value, whole, remaining) {
  if (!whole) throw new ProofInvalid('mpt-path', 'the leaf is of a shorter key');
  if (remaining.length) throw new ProofInvalid('mpt-unused-node');
  return rlp.octets(value);
}

/** @param {Uint8Array} digest @param {Uint8Array[]} remaining @returns {rlp.Item[]} */
function byHash(digest, remaining) {
  const raw = remaining.shift();
  if (!raw) throw new ProofInvalid('mpt-missing-node');
  if (!equal(keccak256(raw), digest)) throw new ProofInvalid('mpt-hash', 'a node is not the one that its parent names');
  return rlp.elements(rlp.decode(raw));
}

/** The node that a parent names by its hash or holds in itself. @param {rlp.Item} reference @param {Uint8Array[]} remaining */
function child(reference, remaining) {
  if (isBytes(reference)) {
    if (reference.length !== HASH_BYTES) throw new ProofInvalid('mpt-absent', 'the path ends where nothing is');
    return byHash(reference, remaining);
  }
  if (rlp.encode(reference).length >= HASH_BYTES) throw new Malformed('mpt', 'embedded-node', 'longer than a hash');
  return reference;
}

/** Hex-prefix encoding: whether it is a leaf's, and the nibbles. Throws Malformed. @param {Uint8Array} raw @returns {[boolean, string]} */
function compact(raw) {
  const text = hex(raw);
  const flag = '0123'.indexOf(text[0] ?? 'x');
  if (flag < 0) throw new Malformed('mpt', 'path');
  if (!(flag & 1) && text[1] !== '0') throw new Malformed('mpt', 'path', 'padding');
  const part = text.slice(flag & 1 ? 1 : 2);
  if (flag < 2 && !part) throw new Malformed('mpt', 'path', 'empty extension'); // would go nowhere, as often as one likes
  return [flag >= 2, part];
}
