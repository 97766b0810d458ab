/**
 * The proof that an anchor is final: a file that needs neither a node nor the network. Counterpart of
 * verifier/finality/proof.py: storage slot -> state root -> block header -> signatures of the bundle's validators.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js';
import { be32, concat, equal, hex, isBytes, utf8 } from '../bytes.js';
import * as cbor from '../cbor.js';
import { COMETBFT, QBFT } from '../consensus.js';
import { Malformed, ProofInvalid, Unsupported } from '../errors.js';
import * as fields from '../fields.js';
import { MAX_TREE_SIZE } from '../merkle.js';
import * as cometbft from './cometbft.js';
import { Existence } from './ics23.js';
import { MAX_NODES, valueAt } from './mpt.js';
import * as qbft from './qbft.js';
import * as rlp from './rlp.js';

/** @typedef {import('../consensus.js').Consensus} Consensus */

const FORMAT = 'anchor-proof';
const VERSION = 'anchor-proof/1';
export const MAX_PROOF_BYTES = 65536;
const STORE = 'evm';
const STORAGE_PREFIX = Uint8Array.of(2); // the EVM module's key: 0x02 || contract || slot
const ROOT_AT_SLOT = 4; // docs/formats/anchor-registry.md, storage layout

/** Storage slot of the root anchored for that log at that size. @param {string} origin @param {number | bigint} size */
export function rootSlot(origin, size) {
  return keccak256(concat(be32(size), keccak256(concat(sha256(utf8(origin)), be32(ROOT_AT_SLOT)))));
}

/** Header of block h + 1 and its commit; the slot in the EVM store after block h, the store in the state. */
class CometBftEvidence {
  /** Throws Malformed. @param {unknown} value */
  constructor(value) {
    const m = fields.mapping(FORMAT, value, [1, 2, 3, 4]);
    this.kind = COMETBFT;
    this.header = new cometbft.Header(m.get(1));
    this.commit = new cometbft.Commit(m.get(2));
    this.slotProof = fields.octets(FORMAT, m, 3);
    this.storeProof = fields.octets(FORMAT, m, 4);
  }

  /** What the slot holds, 32 bytes. Throws ProofInvalid or Malformed. @param {Consensus} consensus @param {Uint8Array} contract @param {Uint8Array} slot */
  check(consensus, contract, slot) {
    cometbft.checkCommit(this.header, this.commit, consensus);
    const store = new Existence(this.storeProof);
    const entry = new Existence(this.slotProof);
    if (!equal(store.key, utf8(STORE)) || !equal(store.simpleRoot(), this.header.appHash)) {
      throw new ProofInvalid('store', 'not the EVM store of the signed state');
    }
    if (!equal(entry.key, concat(STORAGE_PREFIX, contract, slot))) throw new ProofInvalid('slot', 'of another contract, log or size');
    if (!equal(entry.iavlRoot(), store.value)) throw new ProofInvalid('slot', 'not in the EVM store');
    if (entry.value.length !== 32) throw new ProofInvalid('slot', 'not a word');
    return entry.value;
  }
}

/** Header of the block with its seals; the contract's account in the state, the slot in the account's storage. */
class QbftEvidence {
  /** Throws Malformed. @param {unknown} value */
  constructor(value) {
    const m = fields.mapping(FORMAT, value, [1, 2, 3]);
    this.kind = QBFT;
    this.header = new qbft.Header(fields.octets(FORMAT, m, 1));
    this.accountProof = nodes(m, 2);
    this.storageProof = nodes(m, 3);
  }

  /** What the slot holds, 32 bytes. Throws ProofInvalid or Malformed. @param {Consensus} consensus @param {Uint8Array} contract @param {Uint8Array} slot */
  check(consensus, contract, slot) {
    qbft.checkSeals(this.header, consensus);
    const account = rlp.elements(rlp.decode(valueAt(this.header.stateRoot, contract, this.accountProof)));
    if (account.length !== 4) throw new Malformed(FORMAT, 'account'); // nonce, balance, storage root, code hash
    return be32(rlp.scalar(rlp.decode(valueAt(rlp.octets(account[2], 32), slot, this.storageProof)), 32));
  }
}

/** @param {Map<any, any>} m @param {number} key @returns {Uint8Array[]} */
function nodes(m, key) {
  const found = fields.array(FORMAT, m, key, MAX_NODES);
  if (!found.every(isBytes)) throw new Malformed(FORMAT, 'nodes');
  return found;
}

const KINDS = new Map(/** @type {[unknown, typeof CometBftEvidence | typeof QbftEvidence][]} */ ([[COMETBFT, CometBftEvidence], [QBFT, QbftEvidence]]));

/** A parsed proof. Nothing in it counts before `check`. */
export class AnchorProof {
  /** Throws Malformed or Unsupported. @param {Uint8Array} data */
  constructor(data) {
    const m = fields.mapping(FORMAT, cbor.decode(data, { maxBytes: MAX_PROOF_BYTES }), [1, 2, 3, 4, 5, 6, 7, 8]);
    if (fields.text(FORMAT, m, 1, 32) !== VERSION) throw new Unsupported('anchor proof: version not known');
    const Evidence = KINDS.get(fields.uint(FORMAT, m, 7));
    if (!Evidence) throw new Unsupported('anchor proof: protocol not known');
    this.chainId = fields.uint(FORMAT, m, 2);
    this.contract = fields.octets(FORMAT, m, 3, 20);
    this.origin = fields.text(FORMAT, m, 4, 200);
    this.size = fields.uint(FORMAT, m, 5, MAX_TREE_SIZE);
    this.root = fields.octets(FORMAT, m, 6, 32);
    this.evidence = new Evidence(m.get(8));
  }

  /** The block whose header the validators signed: the anchor was made in it or before it. */
  get block() {
    const { header } = this.evidence;
    return { number: header.number, time: header.time, hash: hex(header.hash()) };
  }

  /** Whether bytes begin as such a file does, and not as an observation. @param {Uint8Array} data */
  static recognises(data) {
    return equal(data.subarray(3, 16), utf8('anchor-proof/'));
  }

  /**
   * Whether the chain and contract of the trust bundle hold this root at this size, for good. Throws ProofInvalid,
   * Malformed for evidence that is not of its format inside, Unsupported for a chain of which the bundle states no validators.
   * @param {import('../trust-bundle.js').ChainTrust} chain
   */
  check(chain) {
    const { consensus } = chain;
    if (BigInt(chain.chainId) !== BigInt(this.chainId) || !equal(chain.contract, this.contract)) {
      throw new ProofInvalid('chain', 'of another chain or contract');
    }
    if (!consensus) throw new Unsupported('anchor proof: the trust bundle names no validators of this chain');
    if (this.evidence.kind !== consensus.kind) throw new ProofInvalid('protocol', 'the chain has another protocol');
    const found = this.evidence.check(consensus, this.contract, rootSlot(this.origin, this.size));
    if (!equal(found, this.root) || found.every((byte) => byte === 0)) throw new ProofInvalid('root', 'the slot holds another value');
  }
}
