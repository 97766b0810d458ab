/** What the page asks of the service, one method a request; shapes as in docs/consent.md. */
import { b64Decode, b64Encode } from '../verifier/base.js';
import { concat, fromHex, hex, utf8 } from '../verifier/bytes.js';
import { sm3 } from '../verifier/sm3.js';
import { Declined } from '../keyed/client.js';
import { decisionStatement } from './statements.js';

const ACTIVATION = utf8('mz-activate/1');
const ZERO = Uint8Array.of(0);

/**
 * The 16 characters of an activation code as it is signed, from however it was typed: Crockford's base32 reads O as 0,
 * I and L as 1. Null if it cannot be one.
 * @param {string} typed @returns {string | null}
 */
export function activationCharacters(typed) {
  const text = typed.normalize('NFKC').toUpperCase().replace(/[\s\u2010-\u2015-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(text) ? text : null;
}

/** What the new key signs to show that it is there. @param {string} characters 16 @param {Uint8Array} public65 */
export function activationMessage(characters, public65) {
  return concat(ACTIVATION, ZERO, utf8(characters), ZERO, public65);
}

/** "0A1B-2C3D-4E5F-6G7H" @param {string} characters 16 */
const grouped = (characters) => /** @type {string[]} */ (characters.match(/.{4}/g)).join('-');

export class Notice {
  /** The text that was read and its parts. Throws SyntaxError or TypeError if it is not the notice that it says it is. @param {{notice: string, notice_sm3: string, trx: string}} item */
  constructor(item) {
    this.bytes = utf8(item.notice);
    this.text = item.notice;
    this.said = JSON.parse(item.notice);
    const complete = ['asks', 'categories'].every((name) => Array.isArray(this.said[name])) && ['recipient', 'purpose', 'method', 'retention', 'rights'].every((name) => this.said[name] !== null && typeof this.said[name] === 'object');
    // what is signed names the transaction twice; one of them must not speak of another
    if (!complete || this.said.trx !== item.trx || hex(sm3(this.bytes)) !== item.notice_sm3) throw new TypeError('the notice contradicts itself');
  }
}

export class Service {
  /** @param {import('../keyed/client.js').Client} client */
  constructor(client) {
    this.client = client;
  }

  /** @param {string} characters 16, as `activationCharacters` gives them @param {import('../keyed/client.js').Signer} signer */
  activate(characters, signer) {
    const proof = signer.sign(activationMessage(characters, signer.public));
    return this.client.unsigned('/v1/holder/activate', { code: grouped(characters), public_key: b64Encode(signer.public), proof: b64Encode(proof) });
  }

  /** @returns {Promise<any[]>} */
  async certificates() {
    return (await this.client.post('/v1/holder/certificates')).certificates;
  }

  /** The whole file: what is shown of it is chosen here, and the service does not learn the choice. @param {string} cti */
  file(cti) {
    return this.client.bytes('/v1/holder/file', { cti });
  }

  /** @param {string} cti @returns {Promise<Uint8Array>} */
  async binding(cti) {
    return b64Decode((await this.client.post('/v1/holder/bindings', { cti })).binding, 'binding');
  }

  code() {
    return this.client.post('/v1/holder/codes');
  }

  consents() {
    return this.client.post('/v1/holder/consents');
  }

  /** @param {any} item @param {Notice} notice @param {'grant' | 'refuse' | 'withdraw'} decision */
  async decide(item, notice, decision) {
    const { signer } = /** @type {NonNullable<typeof this.client.device>} */ (this.client.device);
    const what = { party: notice.said.recipient.uscc, trx: fromHex(item.trx), notice: notice.bytes, decision };
    const path = decision === 'withdraw' ? 'withdraw' : 'decide';
    const body = () => ({ trx: item.trx, ...(path === 'decide' ? { decision } : {}), statement: b64Encode(decisionStatement({ ...what, at: this.client.now() }, signer)) });
    try {
      return await this.client.post(`/v1/holder/consents/${path}`, body());
    } catch (error) {
      // an answer that was lost on the way: the decision may be there already
      const now = error instanceof Declined && error.status === 409 ? await this.decided(item.trx) : null;
      const wanted = decision === 'withdraw' ? now?.state === 'withdrawn' : now?.decision === decision && now.state !== 'withdrawn';
      if (now && wanted) return now;
      throw error;
    }
  }

  /** @param {string} trx */
  async decided(trx) {
    const { pending, past } = await this.consents();
    return [...pending, ...past].find((item) => item.trx === trx) ?? null;
  }

  /** @param {number | null} before */
  uses(before) {
    return this.client.post('/v1/holder/uses', before === null ? {} : { before });
  }

  /** @returns {Promise<any[]>} */
  async devices() {
    return (await this.client.post('/v1/holder/devices', { action: 'list' })).devices;
  }

  /** @param {string} keyid @returns {Promise<any[]>} */
  async revoke(keyid) {
    return (await this.client.post('/v1/holder/devices', { action: 'revoke', keyid })).devices;
  }

  /** An activation code for another device. @returns {Promise<{activation_code: string, expires_at: number}>} */
  invite() {
    return this.client.post('/v1/holder/devices', { action: 'invite' });
  }
}
