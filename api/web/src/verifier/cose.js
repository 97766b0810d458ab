/** COSE_Sign1 (RFC 9052 section 4.2) and COSE_Key. Counterpart of verifier/cose.py. */
import { concat, isBytes } from './bytes.js';
import * as cbor from './cbor.js';
import { Ed25519PublicKey } from './ed25519.js';
import { Malformed, Unsupported } from './errors.js';
import * as fields from './fields.js';
import * as L from './labels.js';
import { P256PublicKey } from './p256.js';
import { Sm2PublicKey } from './sm2.js';
import { sm3 } from './sm3.js';

const SIGNATURE_BYTES = 64;
export const KID_BYTES = 8;
const CONTEXT = Uint8Array.of(0x84, 0x6a, ...new TextEncoder().encode('Signature1')); // array(4), text
const EMPTY_AAD = Uint8Array.of(0x40);

/** @type {Map<unknown, {kty: number, alg: number, parse: (public_: Uint8Array) => any}>} */
const CURVES = new Map([
  [L.CRV_SM2, { kty: L.KTY_EC2, alg: L.ALG_SM2, parse: Sm2PublicKey.parse }],
  [L.CRV_P256, { kty: L.KTY_EC2, alg: L.ALG_ES256, parse: P256PublicKey.parse }],
  [L.CRV_ED25519, { kty: L.KTY_OKP, alg: L.ALG_EDDSA, parse: Ed25519PublicKey.parse }],
]);

/** A public key whose point has been checked. `kid`: first 8 bytes of SM3 over the key's deterministic CBOR. */
export class CoseKey {
  /** @param {Map<any, any>} map @param {number} alg @param {Uint8Array} bytes 65 (04 || x || y) or 32 @param {any} key */
  constructor(map, alg, bytes, key) {
    this.crv = map.get(-1);
    this.alg = alg;
    this.bytes = bytes;
    this.key = key;
    this.thumbprint = sm3(cbor.encode(map));
    this.kid = this.thumbprint.slice(0, KID_BYTES);
  }

  /** Throws Malformed or Unsupported. @param {unknown} value */
  static fromMap(value) {
    if (!(value instanceof Map)) throw new Malformed('cose-key', 'not-a-map');
    const crv = value.get(-1);
    const curve = CURVES.get(crv);
    if (!curve || value.get(1) !== curve.kty) throw new Unsupported('COSE_Key: key type or curve not known');
    const x = value.get(-2);
    const y = value.get(-3);
    if (!isBytes(x) || x.length !== 32) throw new Malformed('cose-key', 'x');
    const okp = curve.kty === L.KTY_OKP;
    if (value.size !== (okp ? 3 : 4)) throw new Malformed('cose-key', 'members');
    if (!okp && (!isBytes(y) || y.length !== 32)) throw new Malformed('cose-key', 'y');
    const bytes = okp ? x : concat(Uint8Array.of(4), x, y);
    try {
      return new CoseKey(value, curve.alg, bytes, curve.parse(bytes));
    } catch (error) {
      if (error instanceof TypeError) throw new Malformed('cose-key', 'point', 'not a point of the curve');
      throw error;
    }
  }

  /** @param {Uint8Array} signature @param {Uint8Array} message @returns {boolean} */
  verify(signature, message) {
    return this.key.verify(signature, message);
  }
}

/** A parsed COSE_Sign1. `protected` are the exact bytes that were signed; `headers` is what they say. */
export class Sign1 {
  /**
   * @param {Uint8Array} protectedBytes @param {Map<any, any>} headers @param {Map<any, any>} unprotected
   * @param {Uint8Array | null} payload @param {Uint8Array} signature
   */
  constructor(protectedBytes, headers, unprotected, payload, signature) {
    this.protected = protectedBytes;
    this.headers = headers;
    this.unprotected = unprotected;
    this.payload = payload;
    this.signature = signature;
  }

  /** From the protected header only. @returns {number | bigint} */
  get alg() {
    return this.headers.get(L.HDR_ALG);
  }

  /** From the protected header only. @returns {Uint8Array} 8 bytes */
  get kid() {
    return this.headers.get(L.HDR_KID);
  }

  /** Parse one of our own objects of the given `typ`. Throws Malformed. @param {Uint8Array} data @param {string} typ @param {number} [maxBytes] */
  static parse(data, typ, maxBytes = cbor.MAX_BYTES) {
    const value = cbor.decode(data, { maxBytes });
    if (!(value instanceof cbor.Tag) || value.tag !== L.TAG_COSE_SIGN1) throw new Malformed('cose', 'tag');
    const body = value.value;
    if (!Array.isArray(body) || body.length !== 4) throw new Malformed('cose', 'structure');
    const [protectedBytes, unprotected, payload, signature] = body;
    if (!isBytes(protectedBytes) || !(unprotected instanceof Map)) throw new Malformed('cose', 'headers');
    if (payload !== null && !isBytes(payload)) throw new Malformed('cose', 'payload');
    if (!isBytes(signature) || signature.length !== SIGNATURE_BYTES) throw new Malformed('cose', 'signature');
    const headers = cbor.decode(protectedBytes);
    if (!(headers instanceof Map)) throw new Malformed('cose', 'protected-header');
    if (headers.has(L.HDR_CRIT)) throw new Malformed('cose', 'crit', 'unknown critical header');
    for (const key of headers.keys()) if (unprotected.has(key)) throw new Malformed('cose', 'duplicate-header');
    if (headers.get(L.HDR_TYP) !== typ) throw new Malformed('cose', 'typ', `expected ${typ}`);
    // here and not where they are first used: there a wrong type would look like an unknown key
    fields.integer('cose', headers, L.HDR_ALG);
    fields.octets('cose', headers, L.HDR_KID, KID_BYTES);
    const parsed = new Sign1(protectedBytes, headers, unprotected, payload, signature);
    // Malformed here and not where they are first used: there a wrong type would look like an unknown key.
    void [parsed.alg, parsed.kid];
    return parsed;
  }

  /** Tagged bytes with an empty unprotected header: the statement as its issuer signed and logged it. */
  encodeBare() {
    return cbor.encode(new cbor.Tag(L.TAG_COSE_SIGN1, [this.protected, new Map(), this.payload, this.signature]));
  }

  /** Whether `key` made the signature, with `payload` for a detached one. @param {CoseKey} key @param {Uint8Array} [payload] */
  verify(key, payload) {
    const content = payload ?? this.payload;
    if (content === null || (payload !== undefined && this.payload !== null)) {
      throw new Malformed('cose', 'payload', 'exactly one of attached and detached');
    }
    return this.alg === key.alg && key.verify(this.signature, sigStructure(this.protected, content));
  }
}

/** Sig_structure (RFC 9052 section 4.4) without external data. @param {Uint8Array} protectedBytes @param {Uint8Array} payload */
export function sigStructure(protectedBytes, payload) {
  return concat(CONTEXT, cbor.encode(protectedBytes), EMPTY_AAD, cbor.encode(payload));
}
