/** Blocks of a CometBFT chain: header hash, validator set, the votes that commit a block. Counterpart of verifier/finality/cometbft.py. */
import { sha256 } from '@noble/hashes/sha2.js';
import { compare, concat, equal, hex, utf8 } from '../bytes.js';
import { MAX_NETWORK_CHARS, MAX_VALIDATORS } from '../consensus.js';
import { Ed25519PublicKey } from '../ed25519.js';
import { Malformed, ProofInvalid } from '../errors.js';
import * as fields from '../fields.js';
import { SHA256_TREE } from '../merkle.js';
import * as pb from './protobuf.js';

const FORMAT = 'cometbft';
const ADDRESS_BYTES = 20;
const PRECOMMIT = 2;
const MAX_NANOS = 999999999;
const MAX_INT32 = 2147483647;
const HEADER_MEMBERS = 18;

/** @param {unknown} value @param {number} length @param {string} what @returns {Map<number, any>} */
function members(value, length, what) {
  if (!Array.isArray(value) || value.length !== length) throw new Malformed(FORMAT, what);
  return new Map(value.entries());
}

/** Protobuf BlockID and CanonicalBlockID. @param {Uint8Array} hash @param {number} total @param {Uint8Array} parts */
function blockId(hash, total, parts) {
  return concat(pb.octets(1, hash), pb.message(2, concat(pb.number(1, total), pb.octets(2, parts))));
}

/** @param {number} seconds @param {number} nanos */
function timestamp(seconds, nanos) {
  return concat(pb.number(1, seconds), pb.number(2, nanos));
}

/** RFC 6962's tree with SHA-256. @param {Uint8Array[]} leaves at least one @returns {Uint8Array} */
function merkle(leaves) {
  if (leaves.length === 1) return SHA256_TREE.leaf(leaves[0]);
  const left = 2 ** (31 - Math.clz32(leaves.length - 1));
  return SHA256_TREE.node(merkle(leaves.slice(0, left)), merkle(leaves.slice(left)));
}

/** A block header, by the members of its wire form in order. */
export class Header {
  /** Throws Malformed. @param {unknown} value */
  constructor(value) {
    const m = members(value, HEADER_MEMBERS, 'header');
    for (const i of [0, 1, 3]) fields.uint(FORMAT, m, i);
    this.network = fields.text(FORMAT, m, 2, MAX_NETWORK_CHARS);
    /** @type {number | bigint} */
    this.number = m.get(3);
    this.time = fields.time(FORMAT, m, 4);
    fields.uint(FORMAT, m, 5, MAX_NANOS);
    for (const i of [6, 8, 9, 10, 11, 12, 13, 14, 15, 16]) fields.octets(FORMAT, m, i, 32);
    fields.uint(FORMAT, m, 7, MAX_INT32);
    fields.octets(FORMAT, m, 17, ADDRESS_BYTES);
    this.values = /** @type {any[]} */ (value);
    /** Of the set that signs this block. @type {Uint8Array} */
    this.validatorsHash = m.get(11);
    /** Root of the application's state after the block before. @type {Uint8Array} */
    this.appHash = m.get(14);
  }

  hash() {
    const [block, app, network, height, seconds, nanos, last, total, parts, ...hashes] = this.values;
    return merkle([
      concat(pb.number(1, block), pb.number(2, app)),
      pb.octets(1, utf8(network)),
      pb.number(1, height),
      timestamp(seconds, nanos),
      blockId(last, total, parts),
      ...hashes.map((value) => pb.octets(1, value)), // eight hashes and the proposer's address
    ]);
  }
}

/** Precommits for one block in one round, sorted by address, each address once. */
export class Commit {
  /** Throws Malformed. @param {unknown} value */
  constructor(value) {
    const m = members(value, 4, 'commit');
    this.round = fields.uint(FORMAT, m, 0, MAX_INT32);
    this.total = fields.uint(FORMAT, m, 1, MAX_INT32);
    this.parts = fields.octets(FORMAT, m, 2, 32);
    this.votes = fields.array(FORMAT, m, 3, MAX_VALIDATORS).map((item) => {
      const v = members(item, 4, 'vote');
      return {
        address: fields.octets(FORMAT, v, 0, ADDRESS_BYTES),
        seconds: fields.time(FORMAT, v, 1),
        nanos: fields.uint(FORMAT, v, 2, MAX_NANOS),
        signature: fields.octets(FORMAT, v, 3, 64),
      };
    });
    // a vote that stood here twice would be counted twice
    if (this.votes.some((v, i) => i > 0 && compare(this.votes[i - 1].address, v.address) >= 0)) {
      throw new Malformed(FORMAT, 'vote-order', 'sorted by address, each once');
    }
  }
}

/** @param {Uint8Array} key Ed25519 */
const address = (key) => sha256(key).subarray(0, ADDRESS_BYTES);

/** By falling power, then by address. @param {import('../consensus.js').Consensus} consensus */
function validatorsHash(consensus) {
  const rows = consensus.validators.map((v) => ({ ...v, address: address(v.key) }));
  rows.sort((a, b) => (a.power === b.power ? compare(a.address, b.address) : a.power < b.power ? 1 : -1));
  return merkle(rows.map((v) => concat(pb.message(1, pb.octets(1, v.key)), pb.number(2, v.power))));
}

/**
 * Throws ProofInvalid unless more than two thirds of the bundle's power committed the header, and nobody else. Votes for
 * nil or for another block are over other bytes and so are not signatures here.
 * @param {Header} header @param {Commit} commit @param {import('../consensus.js').Consensus} consensus
 */
export function checkCommit(header, commit, consensus) {
  if (header.network !== consensus.network) throw new ProofInvalid('network', 'a block of another chain');
  if (!equal(header.validatorsHash, validatorsHash(consensus))) {
    throw new ProofInvalid('validator-set', 'the header names others than the trust bundle');
  }
  const known = new Map(consensus.validators.map((v) => [hex(address(v.key)), v]));
  const block = blockId(header.hash(), commit.total, commit.parts);
  let power = 0n;
  for (const vote of commit.votes) {
    const validator = known.get(hex(vote.address));
    if (!validator) throw new ProofInvalid('vote', 'not of a validator in the trust bundle');
    const signed = concat(
      pb.number(1, PRECOMMIT), pb.fixed64(2, header.number), pb.fixed64(3, commit.round), pb.message(4, block),
      pb.message(5, timestamp(vote.seconds, vote.nanos)), pb.octets(6, utf8(consensus.network)),
    );
    if (!voted(validator.key, vote.signature, concat(pb.varint(signed.length), signed))) {
      throw new ProofInvalid('vote', 'not signed by its validator');
    }
    power += BigInt(validator.power);
  }
  if (3n * power <= 2n * consensus.totalPower) throw new ProofInvalid('quorum', 'too little voting power');
}

/** @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} message */
function voted(key, signature, message) {
  try {
    return Ed25519PublicKey.parse(key).verify(signature, message);
  } catch (error) {
    if (error instanceof TypeError) throw new ProofInvalid('vote', "the trust bundle's key is no point of the curve");
    throw error;
  }
}
