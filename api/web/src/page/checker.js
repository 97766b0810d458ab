/**
 * What the page fetches, and nothing else: the trust bundle, and a status list by its number. Both from our own
 * origin, both the same for everybody: no code, index, identifier or file is in any request.
 */
import { Verifier } from '../verifier/assess.js';
import { parseCode } from '../verifier/code.js';
import { parseCertificate, parseHolderFile } from '../verifier/credential.js';
import { VerifierError } from '../verifier/errors.js';
import { TrustBundle } from '../verifier/trust-bundle.js';

// The host of the address is not followed: only the number is taken, and asked of our own origin.
const STATUS_URI = /^https?:\/\/[A-Za-z0-9.:-]{1,120}\/v1\/status-lists\/([1-9][0-9]{0,6})$/;
const TIMEOUT = 15000; // milliseconds

/** @param {string} path @returns {Promise<Uint8Array>} */
async function fetchBytes(path) {
  const answer = await fetch(path, {
    credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!answer.ok) throw new TypeError(`status ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Path of the status list on our own origin, or null. @param {string} uri @returns {string | null} */
export function statusPath(uri) {
  const match = STATUS_URI.exec(uri);
  return match && `/v1/status-lists/${match[1]}`;
}

export class Checker {
  constructor() {
    /** @type {TrustBundle | null} */
    this.trust = null;
    /** @type {Map<string, Uint8Array>} last good answer by path: signed and dated, so usable off line until it expires */
    this.lists = new Map();
  }

  /** Load the trust bundle; what was loaded stays if that fails. @returns {Promise<TrustBundle | null>} */
  async loadTrust() {
    try {
      this.trust = new TrustBundle(await fetchBytes('/v1/trust-bundle'));
    } catch (error) {
      if (!(error instanceof VerifierError || error instanceof TypeError || error instanceof DOMException)) throw error;
    }
    return this.trust;
  }

  /** Check a code or a holder's file. Null: no trust bundle, so nothing could be checked. @param {string | Uint8Array} data */
  async check(data) {
    const trust = this.trust ?? (await this.loadTrust());
    if (!trust) return null;
    const first = new Verifier(trust).assess(data, { at: now() });
    if (first.levels.L1 !== 'OK') return first; // a forgery does not even make us fetch
    const lists = await this.statusLists(data);
    return new Verifier(trust, lists).assess(data, { at: now() });
  }

  /** @param {string | Uint8Array} data @returns {Promise<Uint8Array[]>} */
  async statusLists(data) {
    const certificate = typeof data === 'string' ? parseCertificate(parseCode(data)) : parseHolderFile(data).certificate;
    const path = statusPath(certificate.claims.status.uri);
    if (!path) return [];
    try {
      this.lists.set(path, await fetchBytes(path));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    }
    const list = this.lists.get(path);
    return list ? [list] : [];
  }
}

function now() {
  return Math.floor(Date.now() / 1000);
}
