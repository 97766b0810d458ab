/** Who signs the blocks of a BFT chain, as a trust bundle states it. Counterpart of verifier/consensus.py. */
import { compare, isBytes, isInt } from './bytes.js';
import { Malformed, Unsupported } from './errors.js';
import * as fields from './fields.js';

const FORMAT = 'consensus';
export const MAX_VALIDATORS = 128;
export const MAX_NETWORK_CHARS = 50; // cometbft types/genesis.go MaxChainIDLen
const MAX_TOTAL_POWER = (1n << 63n) / 8n - 1n; // cometbft types/validator_set.go MaxTotalVotingPower

export const COMETBFT = 1;
export const QBFT = 2;
/** @type {Record<number, number>} */
const KEY_BYTES = { [COMETBFT]: 32, [QBFT]: 20 };

/** @typedef {{key: Uint8Array, power: number | bigint}} Validator Ed25519 key (CometBFT) or address (QBFT), and its votes */
/** @typedef {{kind: number, network: string, validators: Validator[], totalPower: bigint}} Consensus */

/** Parse the wire form. Throws Malformed, or Unsupported for a protocol not known. @param {unknown} value @returns {Consensus} */
export function parseConsensus(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3]);
  const kind = fields.uint(FORMAT, m, 1);
  if (!(kind in KEY_BYTES)) throw new Unsupported('consensus: protocol not known');
  const network = m.get(2);
  const named = typeof network === 'string' && [...network].length <= MAX_NETWORK_CHARS;
  if (!named || (kind === QBFT) !== (network === '')) throw new Malformed(FORMAT, 'network');
  const validators = fields.array(FORMAT, m, 3, MAX_VALIDATORS).map((row) => validator(row, kind));
  if (!validators.length) throw new Malformed(FORMAT, 'validators', `expected 1 to ${MAX_VALIDATORS}`);
  for (let i = 1; i < validators.length; i++) {
    // one that stood here twice would be counted twice
    if (compare(validators[i - 1].key, validators[i].key) >= 0) throw new Malformed(FORMAT, 'validator-order', 'sorted by key, each once');
  }
  const totalPower = validators.reduce((sum, v) => sum + BigInt(v.power), 0n);
  if (totalPower > MAX_TOTAL_POWER) throw new Malformed(FORMAT, 'total-power');
  return { kind, network, validators, totalPower };
}

/** @param {unknown} row @param {number} kind @returns {Validator} */
function validator(row, kind) {
  if (!Array.isArray(row) || row.length !== 2) throw new Malformed(FORMAT, 'validator');
  const [key, power] = row;
  if (!isBytes(key) || key.length !== KEY_BYTES[kind]) throw new Malformed(FORMAT, 'validator-key');
  if (!isInt(power) || power < 1 || (kind === QBFT && power !== 1)) throw new Malformed(FORMAT, 'validator-power');
  return { key, power };
}
