/** What somebody read from the chain himself. Counterpart of verifier/anchor.py; not self-proving. */
import * as cbor from './cbor.js';
import { Unsupported } from './errors.js';
import * as fields from './fields.js';
import { MAX_TREE_SIZE } from './merkle.js';

const FORMAT = 'anchor-observation';
const MAX_BYTES = 1024;

export class AnchorObservation {
  /** Throws Malformed or Unsupported. @param {Uint8Array} data */
  constructor(data) {
    const m = fields.mapping(FORMAT, cbor.decode(data, { maxBytes: MAX_BYTES }), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    if (m.get(1) !== 1) throw new Unsupported('anchor observation: version not known');
    this.chainId = fields.uint(FORMAT, m, 2);
    this.contract = fields.octets(FORMAT, m, 3, 20);
    this.origin = fields.text(FORMAT, m, 4, 200);
    this.size = fields.uint(FORMAT, m, 5, MAX_TREE_SIZE);
    this.root = fields.octets(FORMAT, m, 6, 32);
    this.blockNumber = fields.uint(FORMAT, m, 7);
    this.blockHash = fields.octets(FORMAT, m, 8, 32);
    this.txHash = fields.octets(FORMAT, m, 9, 32);
    this.blockTime = fields.time(FORMAT, m, 10);
  }
}
