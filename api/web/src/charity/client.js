/**
 * What the page asks for: public GETs of its own origin, the same for everybody. `Missing`: there is no such book or charity;
 * `Outage`: nothing is known. The two must never be mixed up: an outage says nothing about a fund.
 */
const TIMEOUT = 20000; // milliseconds
const MAX_ANSWER = 64 << 20; // bytes; a line of a million donations has 45 MB

export class Outage extends Error {}
export class Missing extends Error {}

/** @param {string} path @param {RequestInit} [more] @returns {Promise<Uint8Array>} */
export async function bytes(path, more = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...more, credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(TIMEOUT) });
    if ([400, 404, 422].includes(answer.status)) throw new Missing(path);
    if (!answer.ok) throw new Outage(`status ${answer.status}`);
    const body = new Uint8Array(await answer.arrayBuffer());
    if (body.length > MAX_ANSWER) throw new Outage('too long');
    return body;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) throw new Outage('no answer');
    throw error;
  }
}

/** @param {string} path @returns {Promise<any>} */
export async function json(path) {
  const body = await bytes(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new Outage('not the service’s answer'); // a hotel's log-in page says 200 as well
  }
}

/** As `json`; null where there is none yet. @param {string} path @returns {Promise<any>} */
export async function maybe(path) {
  try {
    return await json(path);
  } catch (error) {
    if (error instanceof Missing) return null;
    throw error;
  }
}

/** Have one's name shown no more: the only thing that this page ever sends, and only on request. @param {string} code the receipt code */
export async function withdraw(code) {
  const headers = { 'Content-Type': 'application/json' };
  await bytes('/v1/charity/donations/withdraw-publication', { method: 'POST', headers, body: JSON.stringify({ code }), cache: 'no-store' });
}
