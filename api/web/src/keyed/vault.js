/**
 * The device key at rest: encrypted under a key from the PIN and from a second key that the browser never hands to a
 * script. A copy of the stored bytes alone can therefore not be tried against all PINs elsewhere; a copy of the whole
 * browser profile can, and then the PIN's own strength and the iterations are what is left.
 *
 * Wrong PINs are counted before they are tried, so that closing the page gives no free one. After the last the record
 * is deleted: a new activation code is then needed from the office.
 */
import { concat, utf8 } from '../verifier/bytes.js';

export const ITERATIONS = 600_000; // PBKDF2-HMAC-SHA-256; about half a second on a telephone
export const MAX_FAILURES = 8;
export const MIN_PIN = 6; // signs
export const MAX_PIN = 64;
const CONTEXT = utf8('mz-holder-vault-1');
const { subtle } = globalThis.crypto ?? {};

export class WrongPin extends Error {
  /** @param {number} left tries that remain; 0: the key was deleted */
  constructor(left) {
    super('wrong PIN');
    this.left = left;
  }
}

/** Why a PIN is not taken, or null. @param {string} pin @returns {'short' | 'simple' | null} */
export function weakness(pin) {
  const signs = [...pin];
  if (signs.length < MIN_PIN) return 'short';
  const steps = signs.slice(1).map((sign, i) => /** @type {number} */ (sign.codePointAt(0)) - /** @type {number} */ (signs[i].codePointAt(0)));
  const even = steps.every((step) => step === steps[0]) && Math.abs(steps[0]) <= 1; // 111111, 123456, 654321
  const repeated = /^(.{1,3})\1+$/u.test(pin); // 121212, 123123
  return even || repeated ? 'simple' : null;
}

/** @param {string} pin @param {{salt: Uint8Array, iterations: number, guard: CryptoKey}} record @returns {Promise<CryptoKey>} */
async function wrappingKey(pin, { salt, iterations, guard }) {
  const typed = await subtle.importKey('raw', buffer(utf8(pin.normalize('NFC'))), 'PBKDF2', false, ['deriveBits']);
  const stretched = await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: buffer(salt), iterations }, typed, 256);
  const both = await subtle.sign('HMAC', guard, buffer(concat(CONTEXT, new Uint8Array(stretched))));
  return subtle.importKey('raw', both, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Web Crypto wants plain buffers in its types. @param {Uint8Array} bytes @returns {any} */
const buffer = (bytes) => bytes;

/** @typedef {{read(): Promise<any>, update(change: (record: any) => any): Promise<any>}} Records */

export class Vault {
  /** @param {Records} store @param {number} [iterations] for a new key */
  constructor(store, iterations = ITERATIONS) {
    this.store = store;
    this.iterations = iterations;
  }

  /** Whether a key is kept that the service has registered. */
  async kept() {
    const record = await this.store.read();
    return record !== undefined && !record.pending;
  }

  /**
   * Replace whatever was kept. The key is kept before it is registered, or a page that dies in between would leave a
   * registered key that nobody has; until `confirm` it is pending.
   * @param {string} pin @param {Uint8Array} secret @param {Uint8Array} public65
   */
  async keep(pin, secret, public65) {
    const guard = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const record = { salt, iv, iterations: this.iterations, guard, public: public65, failures: 0, pending: true, box: new Uint8Array() };
    const key = await wrappingKey(pin, record);
    const box = await subtle.encrypt({ name: 'AES-GCM', iv: buffer(iv), additionalData: buffer(public65) }, key, buffer(secret));
    await this.store.update(() => ({ ...record, box: new Uint8Array(box) }));
  }

  /** The service has registered the key. */
  async confirm() {
    await this.store.update((held) => held && { ...held, pending: false });
  }

  /** The secret key. Throws WrongPin. @param {string} pin @returns {Promise<Uint8Array>} 32 bytes */
  async open(pin) {
    const record = await this.store.update((held) => held && { ...held, failures: held.failures + 1 });
    if (!record) throw new WrongPin(0);
    if (record.failures > MAX_FAILURES) {
      await this.erase();
      throw new WrongPin(0);
    }
    const key = await wrappingKey(pin, record);
    let secret;
    try {
      secret = await subtle.decrypt({ name: 'AES-GCM', iv: buffer(record.iv), additionalData: buffer(record.public) }, key, buffer(record.box));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // OperationError: the tag does not fit
      const left = MAX_FAILURES - record.failures;
      if (left === 0) await this.erase();
      throw new WrongPin(left);
    }
    await this.store.update((held) => held && { ...held, failures: 0 });
    return new Uint8Array(secret);
  }

  async erase() {
    await this.store.update(() => undefined);
  }
}
