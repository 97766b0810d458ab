/** Blocks of a QBFT chain (Hyperledger Besu): header, hash, the validators' commit seals. Counterpart of verifier/finality/qbft.py. */
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js';
import { equal, fromHex, hex } from '../bytes.js';
import { MAX_VALIDATORS } from '../consensus.js';
import { Malformed, ProofInvalid } from '../errors.js';
import { ADDRESS_BYTES, SIGNATURE_BYTES, recoverAddress } from '../secp256k1.js';
import * as rlp from './rlp.js';

const MAX_HEADER_BYTES = 32768;
const MIX_HASH = fromHex('63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365');
const ANY = -1;
const NUMBER = null;
// Yellow Paper 4.3 in order, then what London, Shanghai, Cancun and Prague appended: bytes of a fixed length, or a number
const FIELDS = [
  32, 32, 20, 32, 32, 32, 256, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, // parent … timestamp
  ANY, 32, 8, // extraData, mixHash, nonce
  NUMBER, 32, NUMBER, NUMBER, 32, 32, // base fee | withdrawals | blob gas used, excess | beacon root | requests
];
const COUNTS = [15, 16, 17, 19, 20, 21];
const [STATE_ROOT, BLOCK_NUMBER, TIMESTAMP, EXTRA, MIX] = [3, 8, 11, 12, 13];
const [ROUND, SEALS] = [3, 4]; // in extraData

/** A parsed header. `time` in seconds UTC; `sealMessage` is what the seals' hash is taken of: it keeps the round. */
export class Header {
  /** Throws Malformed. @param {Uint8Array} raw RLP with the seals in it */
  constructor(raw) {
    if (raw.length > MAX_HEADER_BYTES) throw new Malformed('qbft', 'header', 'too large');
    const items = rlp.elements(rlp.decode(raw));
    if (!COUNTS.includes(items.length)) throw new Malformed('qbft', 'header', 'number of fields');
    items.forEach((item, i) => {
      const width = FIELDS[i];
      if (width === NUMBER) rlp.scalar(item, 32);
      else rlp.octets(item, width === ANY ? undefined : width);
    });
    if (!equal(rlp.octets(items[MIX]), MIX_HASH)) throw new Malformed('qbft', 'mix-hash', 'not a header of this protocol');
    const extra = rlp.elements(rlp.decode(rlp.octets(items[EXTRA])));
    const [validators, seals] = parseExtra(extra);
    this.validators = validators;
    this.seals = seals;
    this.stateRoot = rlp.octets(items[STATE_ROOT]);
    this.number = rlp.scalar(items[BLOCK_NUMBER]);
    this.time = rlp.scalar(items[TIMESTAMP]);
    this.sealMessage = withExtra(items, [...extra.slice(0, SEALS), []]);
    this.items = items;
    this.extra = extra;
  }

  /** The block's hash on the chain covers neither seals nor round. */
  hash() {
    return keccak256(withExtra(this.items, [...this.extra.slice(0, ROUND), new Uint8Array(), []]));
  }
}

/** Validators and seals of a decoded extraData, whose other members are checked. Throws Malformed. @param {rlp.Item[]} extra @returns {[Uint8Array[], Uint8Array[]]} */
function parseExtra(extra) {
  if (extra.length !== 5) throw new Malformed('qbft', 'extra-data');
  const [vanity, addresses, vote, round, seals] = extra;
  rlp.octets(vanity, 32);
  rlp.scalar(round, 4);
  const ballot = rlp.elements(vote);
  if (ballot.length) {
    const choice = ballot[1];
    const good = ballot.length === 2 && choice instanceof Uint8Array && ['', 'ff'].includes(hex(choice));
    if (!good) throw new Malformed('qbft', 'vote');
    rlp.octets(ballot[0], ADDRESS_BYTES);
  }
  const listed = rlp.elements(addresses);
  const sealed = rlp.elements(seals);
  if (Math.max(listed.length, sealed.length) > MAX_VALIDATORS) throw new Malformed('qbft', 'validators', `at most ${MAX_VALIDATORS}`);
  return [listed.map((a) => rlp.octets(a, ADDRESS_BYTES)), sealed.map((s) => rlp.octets(s, SIGNATURE_BYTES))];
}

/** @param {rlp.Item[]} items @param {rlp.Item[]} extra */
function withExtra(items, extra) {
  return rlp.encode([...items.slice(0, EXTRA), rlp.encode(extra), ...items.slice(EXTRA + 1)]);
}

/**
 * Throws ProofInvalid unless enough of the bundle's validators sealed the header, each once, and nobody else.
 * @param {Header} header @param {import('../consensus.js').Consensus} consensus
 */
export function checkSeals(header, consensus) {
  const known = new Set(consensus.validators.map((v) => hex(v.key)));
  const listed = new Set(header.validators.map(hex));
  const named = header.validators.length === known.size && listed.size === known.size && [...listed].every((a) => known.has(a));
  if (header.validators.length && !named) throw new ProofInvalid('validator-set', 'the header names others than the trust bundle');
  if (3 * header.seals.length < 2 * known.size) throw new ProofInvalid('quorum', 'too few seals'); // two thirds, rounded up
  const sealers = new Set();
  for (const seal of header.seals) {
    const address = recoverAddress(header.sealMessage, seal);
    if (!address || !known.has(hex(address))) throw new ProofInvalid('seal', 'not of a validator in the trust bundle');
    if (sealers.has(hex(address))) throw new ProofInvalid('seal-repeated');
    sealers.add(hex(address));
  }
}
