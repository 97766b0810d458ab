/** Whether this device has a key, and whether it is open. The secret is in memory only between `unlock` and `lock`. */
import { deviceOf } from '../keyed/cose-key.js';
import { Declined, NotKnown, Outage } from '../keyed/client.js';
import { Sm2Signer, newSecret } from '../keyed/sm2-signer.js';

export class Session {
  /** @param {import('./service.js').Service} service @param {import('../keyed/vault.js').Vault} vault */
  constructor(service, vault) {
    this.service = service;
    this.vault = vault;
    /** @type {{characters: string, pin: string, signer: Sm2Signer} | null} an activation that may have arrived */
    this.attempt = null;
  }

  get open() {
    return this.service.client.device !== null && this.attempt === null;
  }

  get keyid() {
    return this.service.client.device?.keyid ?? null;
  }

  /**
   * Make a key, keep it under the PIN and register it. An activation code works once, so the answer that was lost on the
   * way must not cost a walk to the counter: the same key is asked for again before the code is called wrong.
   * @param {string} characters @param {string} pin
   */
  async activate(characters, pin) {
    const again = this.attempt?.characters === characters && this.attempt.pin === pin ? this.attempt.signer : null;
    const signer = again ?? (await this.#makeKey(characters, pin));
    this.service.client.device = deviceOf(signer);
    try {
      await this.#register(characters, signer, again !== null);
    } catch (error) {
      this.service.client.device = null;
      if (error instanceof Declined) await this.#forget();
      throw error;
    }
    await this.vault.confirm();
    this.attempt = null;
    void navigator.storage?.persist?.(); // a browser may refuse; then it may clear the key when space is short
  }

  /** @param {string} characters @param {string} pin */
  async #makeKey(characters, pin) {
    const secret = newSecret();
    const signer = new Sm2Signer(secret);
    await this.vault.keep(pin, secret, signer.public);
    secret.fill(0);
    this.attempt = { characters, pin, signer };
    return signer;
  }

  /** @param {string} characters @param {Sm2Signer} signer @param {boolean} tried */
  async #register(characters, signer, tried) {
    if (tried && (await this.#isKnown())) return;
    try {
      await this.service.activate(characters, signer);
    } catch (error) {
      if (!(error instanceof Outage) || !(await this.#isKnown().catch(() => false))) throw error;
    }
  }

  async #isKnown() {
    try {
      await this.service.devices();
      return true;
    } catch (error) {
      if (error instanceof NotKnown) return false;
      throw error;
    }
  }

  async #forget() {
    this.attempt = null;
    await this.vault.erase();
  }

  /** Throws WrongPin. @param {string} pin */
  async unlock(pin) {
    const secret = await this.vault.open(pin);
    this.service.client.device = deviceOf(new Sm2Signer(secret));
    secret.fill(0);
  }

  lock() {
    this.service.client.device = null;
    this.attempt = null;
  }

  /** Delete the key here, and tell the service first if it can be reached. @returns {Promise<boolean>} whether the service knows */
  async erase() {
    let told = false;
    try {
      if (this.keyid) {
        await this.service.revoke(this.keyid);
        told = true;
      }
    } catch (error) {
      if (!(error instanceof Outage || error instanceof NotKnown || error instanceof Declined)) throw error;
    }
    this.lock();
    await this.vault.erase();
    return told;
  }
}
