/**
 * Requests to the service, each signed by the device key. Three ways to fail, which the page must never mix up: the
 * service could not be reached or could not answer (`Outage`), it does not take this device (`NotKnown`), or it
 * answered that this cannot be done (`Declined`).
 */
import { fromUtf8, utf8 } from '../verifier/bytes.js';
import { NONCE_BYTES, signedHeaders } from './httpsig.js';

const TIMEOUT = 20000; // milliseconds
const UPLOAD_TIMEOUT = 300000;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MAX_ANSWER = 2 << 20; // bytes

/** Nothing is known: no connection, no answer in time, an answer that is not the service's, or its own fault (5xx). */
export class Outage extends Error {}
/** Too many requests: nothing was done. */
export class Later extends Outage {}
/** 401: this key is not (or no longer) registered, or the clock is far off. */
export class NotKnown extends Error {}

/** A problem of the catalogue (api/http/catalogue.py), 4xx. */
export class Declined extends Error {
  /** @param {number} status @param {string} code @param {string} title in the page's language @param {{detail?: string, errors?: {field: string, code: string, reason?: string}[]}} [more] */
  constructor(status, code, title, { detail = '', errors = [] } = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }
}

/** @typedef {{sign(message: Uint8Array): Uint8Array, public: Uint8Array}} Signer */

export class Client {
  /** @param {() => string} language what the service's own words are asked for in */
  constructor(language) {
    this.language = language;
    /** Seconds that the service's clock is ahead of this one: telephones may be minutes off, signatures may not. */
    this.ahead = 0;
    /** @type {{signer: Signer, keyid: string} | null} */
    this.device = null;
  }

  /** Seconds since 1970, by the service's clock as far as it is known. */
  now() {
    return Math.floor(Date.now() / 1000) + this.ahead;
  }

  /** Signed POST; the answer's JSON. @param {string} path @param {object} [body] @returns {Promise<any>} */
  async post(path, body = {}) {
    return json(await this.bytes(path, body));
  }

  /** Signed GET; the answer's JSON. @param {string} path with its query @returns {Promise<any>} */
  async get(path) {
    return json(await this.#signed(path, null, {}));
  }

  /** Signed POST of a file; the answer's JSON. @param {string} path with its query @param {Uint8Array} content @param {string} type */
  async upload(path, content, type) {
    return json(await this.#signed(path, content, { 'Content-Type': type }, UPLOAD_TIMEOUT));
  }

  /** POST before there is a registered key. @param {string} path @param {object} body @returns {Promise<any>} */
  async unsigned(path, body) {
    return json(await opened(await this.#send(path, utf8(JSON.stringify(body)), JSON_TYPE)));
  }

  /** GET of what anybody may see. @param {string} path @returns {Promise<any>} */
  async open(path) {
    return json(await opened(await this.#send(path, null, {})));
  }

  /** Signed POST; the answer's bytes. @param {string} path @param {object} body @returns {Promise<Uint8Array>} */
  bytes(path, body) {
    return this.#signed(path, utf8(JSON.stringify(body)), JSON_TYPE);
  }

  /** @param {string} path @param {Uint8Array | null} content @param {Record<string, string>} type @param {number} [timeout] @returns {Promise<Uint8Array>} */
  async #signed(path, content, type, timeout) {
    const before = this.ahead;
    const send = () => this.#send(path, content, { ...this.#signature(path, content), ...type }, timeout);
    let answer = await send();
    if (answer.status === 401) {
      // once more with the service's own time, or past its restart: a request that was answered 401 has done nothing
      const date = Date.parse(answer.headers.get('Date') ?? '');
      if (date) this.ahead = Math.round((date - Date.now()) / 1000);
      answer = await send();
      if (answer.status === 401) this.ahead = before;
    }
    return opened(answer);
  }

  /** @param {string} address @param {Uint8Array | null} body */
  #signature(address, body) {
    if (!this.device) throw new Error('locked');
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const [path, query] = address.split('?');
    return signedHeaders({ authority: location.host, path, query: `?${query ?? ''}`, body }, this.device.signer, { created: this.now(), nonce, keyid: this.device.keyid });
  }

  /** @param {string} path @param {Uint8Array | null} body @param {Record<string, string>} headers @param {number} [timeout] @returns {Promise<Response>} */
  async #send(path, body, headers, timeout = TIMEOUT) {
    try {
      return await fetch(path, {
        method: body === null ? 'GET' : 'POST', body: /** @type {any} */ (body), headers: { ...headers, 'Accept-Language': this.language() },
        credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', cache: 'no-store', signal: AbortSignal.timeout(timeout),
      });
    } catch (error) {
      throw reachable(error);
    }
  }
}

/** @param {Uint8Array} bytes */
function json(bytes) {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new Outage('not the service’s answer'); // a hotel's log-in page says 200 as well
  }
}

/** TypeError: no connection; DOMException: no answer in time. @param {unknown} error */
function reachable(error) {
  return error instanceof TypeError || error instanceof DOMException ? new Outage('no answer') : error;
}

/** Body of a good answer, or the failure that it is. @param {Response} answer @returns {Promise<Uint8Array>} */
async function opened(answer) {
  let body;
  try {
    body = new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw reachable(error);
  }
  if (body.length > MAX_ANSWER) throw new Outage('too long');
  if (answer.ok) return body;
  if (answer.status === 401) throw new NotKnown('401');
  if (answer.status === 429) throw new Later('429');
  const problem = answer.status < 500 ? problemOf(answer, body) : null;
  if (!problem) throw new Outage(`status ${answer.status}`); // a proxy's own 404 says nothing about a person's request
  throw problem;
}

/** @param {Response} answer @param {Uint8Array} body @returns {Declined | null} null: not a problem of the service */
function problemOf(answer, body) {
  if (!answer.headers.get('Content-Type')?.startsWith('application/problem+json')) return null;
  try {
    const { code, title, detail, errors } = JSON.parse(fromUtf8(body));
    return typeof code === 'string' ? new Declined(answer.status, code, String(title ?? ''), { detail, errors }) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
