/**
 * Log in with a key that was made in this browser and registered by the administrators (docs/runbooks/parties.md). The
 * secret is in memory only between `unlock` and `lock`; who it speaks for, the service says.
 */
import { deviceOf } from './cose-key.js';
import { Sm2Signer, newSecret } from './sm2-signer.js';

/** @typedef {{uscc: string, name_zh: string, name_en: string, role: string}} Party */

export class Login {
  /** @param {{client: import('./client.js').Client}} service @param {import('./vault.js').Vault} vault */
  constructor(service, vault) {
    this.service = service;
    this.vault = vault;
    /** @type {Party | null} whose key it is, as the service has it registered */
    this.party = null;
  }

  get open() {
    return this.service.client.device !== null && this.party !== null;
  }

  /** What has to be registered. @returns {{public: Uint8Array, keyid: string} | null} null while it is locked */
  get key() {
    const device = this.service.client.device;
    return device && { public: device.signer.public, keyid: device.keyid };
  }

  /** A new key in place of whatever was kept. It speaks for nobody until it was registered and released. @param {string} pin */
  async make(pin) {
    const secret = newSecret();
    const signer = new Sm2Signer(secret);
    await this.vault.keep(pin, secret, signer.public);
    await this.vault.confirm(); // waits for its registration outside, for days perhaps: it must be found again
    secret.fill(0);
    this.service.client.device = deviceOf(signer);
    void navigator.storage?.persist?.(); // a browser may refuse; then it may clear the key when space is short
  }

  /** Throws WrongPin. @param {string} pin */
  async unlock(pin) {
    const secret = await this.vault.open(pin);
    this.service.client.device = deviceOf(new Sm2Signer(secret));
    secret.fill(0);
  }

  /** Ask whose key it is. Throws NotKnown as long as nobody has released it. @returns {Promise<Party>} */
  async identify() {
    this.party = await this.service.client.get('/v1/party');
    return /** @type {Party} */ (this.party);
  }

  lock() {
    this.service.client.device = null;
    this.party = null;
  }

  async erase() {
    this.lock();
    await this.vault.erase();
  }
}
