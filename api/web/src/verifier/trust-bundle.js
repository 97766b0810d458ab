/** The trust bundle: whom a verifier believes, for what, and from when to when. Counterpart of verifier/policy.py. */
import { MAX_ANSWER_KEYS, answerKey } from './answer-keys.js';
import { hex, isBytes, isInt } from './bytes.js';
import * as cbor from './cbor.js';
import { parseConsensus } from './consensus.js';
import { CoseKey, Sign1 } from './cose.js';
import { Malformed, Unsupported } from './errors.js';
import * as fields from './fields.js';
import { TYP_TRUST_BUNDLE } from './labels.js';
import { MAX_KINDS, depths, readManifests } from './manifest.js';
import { treeOfVds } from './merkle.js';
import { WitnessPolicy } from './quorum.js';

const FORMAT = 'trust-bundle';
const MAX_BYTES = 1 << 20;
const MAX_LIST = 10000;
const MAX_AUTHORITIES = 16;
const MAX_AUTHORITY_BYTES = 4096;

/** @typedef {{key: CoseKey, notBefore: number, notAfter: number, kinds: number[], statusLists: boolean, revokedFrom: number | null, seals: boolean}} IssuerKey */
/** @typedef {{uscc: string, name: {zh: string, en: string}, keys: IssuerKey[]}} Issuer */
/** @typedef {{key: CoseKey, name: string, notBefore: number, notAfter: number}} LogKey */
/** @typedef {{origin: string, tree: import('./merkle.js').TreeHash, keys: LogKey[]}} LogTrust */
/** @typedef {{chainId: number | bigint, contract: Uint8Array, name: string, consensus: import('./consensus.js').Consensus | null}} ChainTrust with `consensus`, proofs can be checked */

/** @param {Map<any, any>} m @param {number} first @returns {[number, number]} */
function validity(m, first) {
  const start = fields.time(FORMAT, m, first);
  const end = fields.time(FORMAT, m, first + 1);
  if (end <= start) throw new Malformed(FORMAT, 'validity', 'ends before it begins');
  return [start, end];
}

/** @param {unknown} value @returns {IssuerKey} */
function issuerKey(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4, 5], [6, 7]);
  const kinds = fields.array(FORMAT, m, 4, 256);
  if (!kinds.every((k, i) => isInt(k) && k >= 0 && (i === 0 || kinds[i - 1] < k))) throw new Malformed(FORMAT, 'kinds');
  if (typeof m.get(5) !== 'boolean') throw new Malformed(FORMAT, 'status-lists');
  if (m.has(7) && m.get(7) !== true) throw new Malformed(FORMAT, 'seals'); // "no" is said by leaving it out
  const revokedFrom = m.has(6) ? fields.time(FORMAT, m, 6) : null;
  const key = CoseKey.fromMap(m.get(1));
  const [notBefore, notAfter] = validity(m, 2);
  return { key, notBefore, notAfter, kinds, statusLists: m.get(5), revokedFrom, seals: m.has(7) };
}

/** @param {unknown} value @returns {Issuer} */
function issuer(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3]);
  const names = fields.mapping(FORMAT, m.get(2), ['zh', 'en']);
  return {
    uscc: fields.uscc(FORMAT, m, 1),
    name: { zh: fields.text(FORMAT, names, 'zh'), en: fields.text(FORMAT, names, 'en') },
    keys: fields.array(FORMAT, m, 3, MAX_LIST).map(issuerKey),
  };
}

/** @param {unknown} value @returns {LogTrust} */
function logTrust(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3]);
  const keys = fields.array(FORMAT, m, 3, 256).map((item) => {
    const k = fields.mapping(FORMAT, item, [1, 2, 3, 4]);
    const [notBefore, notAfter] = validity(k, 3);
    return { key: CoseKey.fromMap(k.get(1)), name: fields.text(FORMAT, k, 2, 200), notBefore, notAfter };
  });
  return { origin: fields.text(FORMAT, m, 1, 200), tree: treeOfVds(m.get(2)), keys };
}

/** @param {unknown} value @returns {ChainTrust} */
export function chainTrust(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3], [4]);
  return {
    chainId: fields.uint(FORMAT, m, 1),
    contract: fields.octets(FORMAT, m, 2, 20),
    name: fields.text(FORMAT, m, 3),
    consensus: m.has(4) ? parseConsensus(m.get(4)) : null,
  };
}

/** An optional list, which is not empty where it is there: one content, one encoding. @param {Map<any, any>} m @param {number} key @param {number} maximum @returns {any[]} */
function present(m, key, maximum) {
  if (!m.has(key)) return [];
  const items = fields.array(FORMAT, m, key, maximum);
  if (!items.length) throw new Malformed(FORMAT, 'empty-list', `key ${key}`);
  return items;
}

/** @param {any[]} items @returns {Uint8Array[]} */
function authorities(items) {
  if (!items.every((der) => isBytes(der) && der.length > 0 && der.length <= MAX_AUTHORITY_BYTES)) throw new Malformed(FORMAT, 'authority');
  if (new Set(items.map(hex)).size !== items.length) throw new Malformed(FORMAT, 'repeated', 'authority');
  return items;
}

/** A log that could be its own witness would watch itself. @param {LogTrust[]} logs @param {WitnessPolicy} policy */
function apart(logs, policy) {
  const key = (/** @type {CoseKey} */ k) => `${k.crv} ${hex(k.bytes)}`;
  const keys = new Set(logs.flatMap((log) => log.keys.map((k) => key(k.key))));
  const names = new Set(logs.flatMap((log) => [log.origin, ...log.keys.map((k) => k.name)]));
  if (policy.witnesses.some((w) => keys.has(key(w.key)) || names.has(w.name))) throw new Malformed(FORMAT, 'witness', "a log's key or name");
}

/** @param {string} what @param {[string, any][]} pairs @returns {Map<string, any>} */
function unique(what, pairs) {
  const map = new Map(pairs);
  if (map.size !== pairs.length) throw new Malformed(FORMAT, 'repeated', what);
  return map;
}

export class TrustBundle {
  /**
   * Parse and check the root's signature, and the pin if one is given. Throws Malformed or Unsupported.
   * @param {Uint8Array} data @param {string} [rootPin] 64 hexadecimal digits, SM3 of the root COSE_Key
   */
  constructor(data, rootPin) {
    const sign1 = Sign1.parse(data, TYP_TRUST_BUNDLE, MAX_BYTES);
    fields.mapping(FORMAT, sign1.headers, [1, 4, 16]);
    if (sign1.unprotected.size || sign1.payload === null) throw new Malformed(FORMAT, 'structure');
    const m = fields.mapping(FORMAT, cbor.decode(sign1.payload, { maxBytes: MAX_BYTES }), [1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11, 12]);
    if (m.get(1) !== 1) throw new Unsupported('trust bundle: version not known');
    const root = CoseKey.fromMap(m.get(5));
    if (hex(sign1.kid) !== hex(root.kid) || !sign1.verify(root)) {
      throw new Malformed(FORMAT, 'signature', 'not signed by its root');
    }
    this.sequence = fields.uint(FORMAT, m, 2);
    [this.issuedAt, this.expires] = validity(m, 3);
    this.rootFingerprint = hex(root.thumbprint);
    /** @type {Issuer[]} */
    this.issuers = fields.array(FORMAT, m, 6, MAX_LIST).map(issuer);
    /** @type {LogTrust[]} */
    this.logs = fields.array(FORMAT, m, 7, 256).map(logTrust);
    this.chains = fields.array(FORMAT, m, 8, 64).map(chainTrust);
    this.witnesses = m.get(9) === null ? null : new WitnessPolicy(m.get(9));
    this.kinds = readManifests(present(m, 10, MAX_KINDS));
    this.depths = depths(this.kinds);
    /** @type {Uint8Array[]} DER of the certificate authorities of e-seals, roots first */
    this.authorities = authorities(present(m, 11, MAX_AUTHORITIES));
    this.answers = present(m, 12, MAX_ANSWER_KEYS).map(answerKey);
    this.byAnswerKid = unique('answer key', this.answers.map((k) => [hex(k.key.kid), k]));
    if (this.witnesses) apart(this.logs, this.witnesses);
    this.byUscc = unique('issuer', this.issuers.map((i) => [i.uscc, i]));
    this.byKid = unique('issuer key', this.issuers.flatMap((i) => i.keys.map((k) => /** @type {[string, any]} */ ([`${i.uscc}/${hex(k.key.kid)}`, k]))));
    unique('log key', this.logs.flatMap((log) => log.keys.map((k) => /** @type {[string, any]} */ ([`${log.origin} ${hex(k.key.kid)}`, k]))));
    this.byOrigin = unique('log', this.logs.map((log) => [log.origin, log]));
    if (rootPin !== undefined && rootPin.toLowerCase() !== this.rootFingerprint) {
      throw new Malformed(FORMAT, 'root-pin', 'signed by another root than the pinned one');
    }
  }

  /** @param {string} uscc @returns {Issuer | undefined} */
  issuer(uscc) {
    return this.byUscc.get(uscc);
  }

  /** @param {string} uscc @param {Uint8Array} kid @returns {IssuerKey | undefined} */
  issuerKey(uscc, kid) {
    return this.byKid.get(`${uscc}/${hex(kid)}`);
  }

  /** The key of that id under which that organisation answers. @param {string} uscc @param {Uint8Array} kid @returns {import('./answer-keys.js').AnswerKey | undefined} */
  answerKey(uscc, kid) {
    const key = this.byAnswerKid.get(hex(kid));
    return key?.uscc === uscc ? key : undefined;
  }

  /** What the bundle says of that version of a kind. @param {number} kind @param {number} version @returns {import('./manifest.js').KindManifest | undefined} */
  manifest(kind, version) {
    return this.kinds.find((k) => k.number === kind && k.version === version);
  }

  /** @param {string} origin @returns {LogTrust | undefined} */
  log(origin) {
    return this.byOrigin.get(origin);
  }
}
