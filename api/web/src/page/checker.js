/**
 * What the page fetches, and nothing else: the trust bundle, and a status list by its number. Both from our own
 * origin, both the same for everybody: no code, index, identifier or file is in any request.
 */
import { Verifier } from '../verifier/assess.js';
import { parseCode } from '../verifier/code.js';
import { parseCertificate, parseHolderFile } from '../verifier/credential.js';
import { isDocument, readDocument } from '../verifier/documents.js';
import { VerifierError } from '../verifier/errors.js';
import { TrustBundle } from '../verifier/trust-bundle.js';

// The host of the address is not followed: only the number is taken, and asked of our own origin.
const STATUS_URI = /^https?:\/\/[A-Za-z0-9.:-]{1,120}\/v1\/status-lists\/([1-9][0-9]{0,6})$/;
const TIMEOUT = 15000; // milliseconds
const REFRESH = 600000; // milliseconds; a counter's tab stays open for weeks, and a key may be revoked meanwhile

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

/** @typedef {{checkpoints: Uint8Array[], proofs: Uint8Array[]}} Evidence cosigned notes and anchor proofs */

export class Checker {
  constructor() {
    /** @type {TrustBundle | null} */
    this.trust = null;
    this.loadedAt = 0;
    /** @type {Promise<void> | null} */
    this.loading = null;
    /** @type {Map<string, Uint8Array>} freshest good answer by path: signed and dated, so usable off line until it expires */
    this.lists = new Map();
  }

  /** The trust bundle, fetched again after a while; what was loaded stays if that fails. @returns {Promise<TrustBundle | null>} */
  async loadTrust() {
    if (!this.trust || Math.abs(Date.now() - this.loadedAt) > REFRESH) {
      await (this.loading ??= this.fetchTrust().finally(() => {
        this.loading = null;
      }));
    }
    return this.trust;
  }

  async fetchTrust() {
    try {
      const found = new TrustBundle(await fetchBytes('/v1/trust-bundle'));
      const held = this.trust;
      // an older one, from a stale cache, would bring back a key that was revoked since; another root takes a reload
      if (held && (found.sequence < held.sequence || found.rootFingerprint !== held.rootFingerprint)) return;
      this.trust = found;
      this.loadedAt = Date.now();
    } catch (error) {
      if (!(error instanceof VerifierError || error instanceof TypeError || error instanceof DOMException)) throw error;
    }
  }

  /**
   * Check a code or a holder's file, with what else the person brought. Null: no trust bundle, so nothing could be checked.
   * @param {string | Uint8Array} data @param {Evidence} evidence
   */
  async check(data, evidence) {
    const trust = await this.loadTrust();
    if (!trust) return null;
    const first = new Verifier(trust).assess(data, { at: now() });
    if (first.levels.L1 !== 'OK') return first; // a forgery does not even make us fetch
    const lists = await this.statusLists(data, trust);
    return new Verifier(trust, lists, [], evidence).assess(data, { at: now() });
  }

  /** What was fetched now and the best of what was fetched before: the verifier takes the freshest that is good.
   * @param {string | Uint8Array} data @param {TrustBundle} trust @returns {Promise<Uint8Array[]>} */
  async statusLists(data, trust) {
    const certificate = typeof data === 'string' ? parseCertificate(parseCode(data)) : parseHolderFile(fileOf(data)).certificate;
    const path = statusPath(certificate.claims.status.uri);
    if (!path) return [];
    const held = this.lists.get(path);
    const lists = held ? [held] : [];
    try {
      const found = await fetchBytes(path);
      lists.push(found);
      // a hotel's log-in page answers 200 as well: it must not displace a list that is still in force
      const dated = issuedAt(found, trust);
      if (dated !== null && (!held || dated >= (issuedAt(held, trust) ?? 0))) this.lists.set(path, found);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    }
    return lists;
  }
}

/** The holder's file: the bytes themselves, or what a document carries. @param {Uint8Array} data */
function fileOf(data) {
  return isDocument(data) ? readDocument(data).holderFile ?? data : data;
}

/** When a status list was issued; null if it is none, or not rightly signed. @param {Uint8Array} list @param {TrustBundle} trust */
function issuedAt(list, trust) {
  return [...new Verifier(trust, [list]).statuses.lists.values()][0]?.[0].iat ?? null;
}

function now() {
  return Math.floor(Date.now() / 1000);
}
