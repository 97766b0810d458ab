/**
 * Inclusion in the two trees of a Cosmos chain (ICS23 ExistenceProof). Counterpart of verifier/finality/ics23.py: the
 * operations in the proof must have the exact bytes that the two trees produce, for with a free prefix or suffix an inner
 * node passes for a leaf and anything is "in" the tree (the Dragonberry forgeries of 2022).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from '../bytes.js';
import { Malformed, ProofInvalid } from '../errors.js';
import * as pb from './protobuf.js';

const FORMAT = 'ics23';
const MAX_BYTES = 24576;
const MAX_DEPTH = 64;
const HASH_BYTES = 32;
const LENGTH = 0x20; // of a hash, as a byte before it

/** A parsed ExistenceProof that hashes by SHA-256 as both specs say. `path`: [prefix, suffix], leaf side first. */
export class Existence {
  /** Throws Malformed, ProofInvalid for a proof of absence. @param {Uint8Array} data CommitmentProof */
  constructor(data) {
    if (data.length > MAX_BYTES) throw new Malformed(FORMAT, 'too-large');
    const outer = pb.parse(data);
    const [exist] = pb.values(outer, [[1, true]]) ?? [];
    if (!exist) {
      if (pb.values(outer, [[2, true]])) throw new ProofInvalid('ics23-absent', 'a proof of absence');
      throw new Malformed(FORMAT, 'commitment-proof');
    }
    const inner = pb.parse(exist);
    const [key, value, leaf] = pb.values(inner.slice(0, 3), [[1, true], [2, true], [3, true]]) ?? [];
    const steps = inner.slice(3);
    if (!key?.length || !value.length || steps.length > MAX_DEPTH) throw new Malformed(FORMAT, 'existence-proof');
    /** @type {Uint8Array} */
    this.key = key;
    /** @type {Uint8Array} */
    this.value = value;
    this.leafPrefix = leafPrefix(leaf);
    this.path = steps.map(step);
  }

  /** Root of the IAVL tree that holds key and value. Throws ProofInvalid. */
  iavlRoot() {
    let [height, size, end] = numbers(this.leafPrefix);
    if (height !== 0n || size !== 1n || end !== this.leafPrefix.length) throw new ProofInvalid('ics23-leaf');
    let digest = this.leafHash();
    for (const [prefix, suffix] of this.path) {
      const [above, , at] = numbers(prefix);
      const rest = prefix.subarray(at);
      const onLeft = rest.length === 1 && rest[0] === LENGTH && suffix.length === 33 && suffix[0] === LENGTH;
      const onRight = rest.length === 34 && rest[0] === LENGTH && rest[33] === LENGTH && !suffix.length;
      if (above <= height || !(onLeft || onRight)) throw new ProofInvalid('ics23-inner');
      height = above;
      digest = sha256(concat(prefix, digest, suffix));
    }
    return digest;
  }

  /** Root of the simple Merkle tree (RFC 6962's hashing) that holds key and value. Throws ProofInvalid. */
  simpleRoot() {
    if (this.leafPrefix.length !== 1 || this.leafPrefix[0] !== 0) throw new ProofInvalid('ics23-leaf');
    let digest = this.leafHash();
    for (const [prefix, suffix] of this.path) {
      const onLeft = prefix.length === 1 && suffix.length === HASH_BYTES;
      const onRight = prefix.length === 1 + HASH_BYTES && !suffix.length;
      if (prefix[0] !== 1 || !(onLeft || onRight)) throw new ProofInvalid('ics23-inner');
      digest = sha256(concat(prefix, digest, suffix));
    }
    return digest;
  }

  leafHash() {
    const length = pb.varint(this.key.length);
    return sha256(concat(this.leafPrefix, length, this.key, Uint8Array.of(LENGTH), sha256(this.value)));
  }
}

/** @param {Uint8Array} data LeafOp: SHA-256, key as it is, value SHA-256, VAR_PROTO, prefix @returns {Uint8Array} */
function leafPrefix(data) {
  const found = pb.values(pb.parse(data), [[1, 1], [3, 1], [4, 1], [5, true]]);
  if (!found) throw new ProofInvalid('ics23-leaf', 'hashed in another way');
  return found[3];
}

/** @param {pb.Field} field @returns {[Uint8Array, Uint8Array]} */
function step(field) {
  const [data] = pb.values([field], [[4, true]]) ?? [];
  if (!data) throw new Malformed(FORMAT, 'existence-proof');
  const inner = pb.parse(data);
  const found = pb.values(inner, [[1, 1], [2, true]]) ?? pb.values(inner, [[1, 1], [2, true], [3, true]]);
  if (!found) throw new ProofInvalid('ics23-inner', 'hashed in another way');
  return [found[1], found[2] ?? new Uint8Array()];
}

/** Height and size of an IAVL node (zigzag varints, none negative; the version lies behind them), and where they end. @param {Uint8Array} prefix @returns {[bigint, bigint, number]} */
function numbers(prefix) {
  const found = [];
  let pos = 0;
  for (let i = 0; i < 3; i++) {
    const [value, end] = pb.readVarint(prefix, pos);
    if (value & 1n) throw new ProofInvalid('ics23-inner', 'a negative number');
    found.push(value >> 1n);
    pos = end;
  }
  return [found[0], found[1], pos];
}
