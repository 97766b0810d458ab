/** Which witnesses must have seen a tree: member 9 of the trust bundle. Counterpart of verifier/quorum.py. */
import { hex, isBytes } from './bytes.js';
import { CoseKey } from './cose.js';
import { Malformed, Unsupported } from './errors.js';
import * as fields from './fields.js';
import { ALG_EDDSA, ALG_SM2 } from './labels.js';

const FORMAT = 'witness-policy';
export const MAX_WITNESSES = 64;
export const MAX_GROUPS = 64;
const RESERVED = 'none'; // tlog-policy: the quorum of those who ask for no witness
const BLS_KEY_BYTES = 48;
const BLS_POSSESSION_BYTES = 96;

/** @typedef {{name: string, key: CoseKey, notBefore: number, notAfter: number, bls: string | null}} Witness `bls`: key in hexadecimal, unchecked and unused, for aggregated lines are not read here */
/** @typedef {{name: string, threshold: number, members: string[]}} Group */

/** @param {Map<any, any>} m @returns {string} */
function keyName(m) {
  const name = fields.text(FORMAT, m, 1, 200);
  if (!fields.isKeyName(name) || name === RESERVED) throw new Malformed(FORMAT, 'name');
  return name;
}

/** @param {unknown} value @returns {Witness} */
function witness(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4], [5]);
  const key = CoseKey.fromMap(m.get(2));
  if (key.alg !== ALG_EDDSA && key.alg !== ALG_SM2) throw new Unsupported('witness policy: no cosignature type for this algorithm');
  const notBefore = fields.time(FORMAT, m, 3);
  const notAfter = fields.time(FORMAT, m, 4);
  if (notAfter <= notBefore) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
  const bls = m.has(5) ? blsKey(fields.array(FORMAT, m, 5, 2)) : null;
  return { name: keyName(m), key, notBefore, notAfter, bls };
}

/** @param {any[]} value */
function blsKey(value) {
  const [key, possession] = value;
  const bytes = value.length === 2 && isBytes(key) && isBytes(possession);
  if (!bytes || key.length !== BLS_KEY_BYTES || possession.length !== BLS_POSSESSION_BYTES) throw new Malformed(FORMAT, 'bls-key');
  return hex(key);
}

/** @param {unknown} value @returns {Group} */
function group(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3]);
  const members = fields.array(FORMAT, m, 3, MAX_WITNESSES + MAX_GROUPS);
  if (!members.every((member) => typeof member === 'string')) throw new Malformed(FORMAT, 'member');
  if (new Set(members).size !== members.length) throw new Malformed(FORMAT, 'repeated', 'member of a group');
  const threshold = fields.uint(FORMAT, m, 2);
  if (threshold < 1 || threshold > members.length) throw new Malformed(FORMAT, 'threshold'); // 0 would call any tree witnessed
  return { name: keyName(m), threshold, members };
}

/** @param {string} what @param {string[]} values */
function distinct(what, values) {
  if (new Set(values).size !== values.length) throw new Malformed(FORMAT, 'repeated', what);
}

/** Witnesses, groups of them, and the one name (`quorum`) that must be reached. */
export class WitnessPolicy {
  /** Parse the wire form. Throws Malformed, or Unsupported. @param {unknown} value */
  constructor(value) {
    const m = fields.mapping(FORMAT, value, [1, 2, 3]);
    this.witnesses = fields.array(FORMAT, m, 1, MAX_WITNESSES).map(witness);
    this.groups = fields.array(FORMAT, m, 2, MAX_GROUPS).map(group);
    this.quorum = fields.text(FORMAT, m, 3, 200);
    if (!this.witnesses.length) throw new Malformed(FORMAT, 'count');
    // the signed message does not say who cosigns: under two names one key would count as two witnesses
    distinct('key of a witness', this.witnesses.map((w) => `${w.key.crv} ${hex(w.key.bytes)}`));
    distinct('BLS key of a witness', this.witnesses.flatMap((w) => w.bls ?? []));
    distinct('name of a witness', this.witnesses.map((w) => w.name));
    const known = new Set(this.witnesses.map((w) => w.name));
    for (const { name, members } of this.groups) {
      if (!members.every((member) => known.has(member))) throw new Malformed(FORMAT, 'member', 'expected a witness or an earlier group');
      if (known.has(name)) throw new Malformed(FORMAT, 'repeated', 'name of a group');
      known.add(name);
    }
    if (!known.has(this.quorum)) throw new Malformed(FORMAT, 'quorum', 'expected a witness or a group');
  }

  /** Whether witnesses of these names make the quorum. Names of no witness, those of groups too, say nothing. @param {Set<string>} names */
  reached(names) {
    const done = new Set(this.witnesses.map((w) => w.name).filter((name) => names.has(name)));
    for (const { name, threshold, members } of this.groups) {
      if (members.filter((member) => done.has(member)).length >= threshold) done.add(name);
    }
    return done.has(this.quorum);
  }
}
