/** Log entries and COSE Receipts (RFC 9942). Counterpart of verifier/receipt.py. */
import { concat, fromHex, isBytes, isInt } from './bytes.js';
import * as cbor from './cbor.js';
import { Sign1 } from './cose.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';
import { MAX_PATH, MAX_TREE_SIZE, rootFromPath, treeOfVds } from './merkle.js';
import { hmacSm3, sm3 } from './sm3.js';

const FORMAT = 'receipt';
const MAX_RECEIPT_BYTES = 8192;
const ENTRY_PREFIX = fromHex('a20101025820');

/** The public log entry, 38 bytes, of a statement under its salt. @param {Uint8Array} salt @param {Uint8Array} statement */
export function entryBody(salt, statement) {
  return concat(ENTRY_PREFIX, hmacSm3(salt, sm3(statement)));
}

/** A parsed, *unverified* receipt of ours: one inclusion proof. */
export class Receipt {
  /** The size in the proof must be the signed one. Throws Malformed. @param {Uint8Array} data */
  constructor(data) {
    this.sign1 = Sign1.parse(data, L.TYP_RECEIPT, MAX_RECEIPT_BYTES);
    const required = [L.HDR_ALG, L.HDR_KID, L.HDR_CWT_CLAIMS, L.HDR_TYP, L.HDR_VDS, L.HDR_TREE_SIZE];
    const header = fields.mapping(FORMAT, this.sign1.headers, required);
    const claims = fields.mapping(FORMAT, header.get(L.HDR_CWT_CLAIMS), [L.CWT_ISS, L.CWT_IAT]);
    if (this.sign1.payload !== null) throw new Malformed(FORMAT, 'structure');
    const unprotected = fields.mapping(FORMAT, this.sign1.unprotected, [L.HDR_VDP]);
    const vdp = fields.mapping(FORMAT, unprotected.get(L.HDR_VDP), [L.VDP_INCLUSION]);
    const proofs = fields.array(FORMAT, vdp, L.VDP_INCLUSION, 1);
    if (proofs.length !== 1) throw new Malformed(FORMAT, 'proof-count', 'expected exactly one');
    [this.size, this.index, this.path] = parseInclusion(proofs[0]);
    if (this.size !== fields.uint(FORMAT, header, L.HDR_TREE_SIZE, MAX_TREE_SIZE)) {
      throw new Malformed(FORMAT, 'tree-size', 'proof and signed header differ');
    }
    this.origin = fields.text(FORMAT, claims, L.CWT_ISS, 200);
    this.iat = fields.time(FORMAT, claims, L.CWT_IAT);
    this.tree = treeOfVds(header.get(L.HDR_VDS));
  }

  /** Throws Malformed if the path leads nowhere. @param {Uint8Array} leafHash */
  root(leafHash) {
    return rootFromPath(this.tree, leafHash, this.index, this.size, this.path);
  }

  /** @param {import('./cose.js').CoseKey} key @param {Uint8Array} leafHash @returns {boolean} */
  verify(key, leafHash) {
    let root;
    try {
      root = this.root(leafHash);
    } catch (error) {
      if (error instanceof Malformed) return false;
      throw error;
    }
    return this.sign1.verify(key, root);
  }
}

/** (size, index, path) of an RFC 9942 inclusion proof. @param {unknown} proof @returns {[any, any, Uint8Array[]]} */
function parseInclusion(proof) {
  if (!isBytes(proof)) throw new Malformed(FORMAT, 'proof');
  const value = cbor.decode(proof, { maxBytes: MAX_RECEIPT_BYTES });
  if (!Array.isArray(value) || value.length !== 3) throw new Malformed(FORMAT, 'proof');
  const [size, index, path] = value;
  if (!isInt(size) || !isInt(index) || !Array.isArray(path) || path.length > MAX_PATH) {
    throw new Malformed(FORMAT, 'proof');
  }
  if (!path.every((h) => isBytes(h) && h.length === 32)) throw new Malformed(FORMAT, 'proof-path');
  if (index < 0 || index >= size || size > MAX_TREE_SIZE) throw new Malformed(FORMAT, 'index-out-of-range');
  return [size, index, path];
}
