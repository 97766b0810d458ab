/**
 * What the donor's page asks of its own origin. Ways to fail that must never be mixed up: nothing is known (`Outage`), the service
 * says that there is no such thing (`Missing`), it asks for patience (`Later`), it does not take what was typed (`Refused`).
 */
import { Missing, Outage } from '../charity/client.js';

export { Missing, Outage };
const TIMEOUT = 20000; // milliseconds
const MAX_ANSWER = 8 << 20; // bytes

export class Later extends Outage {}

/** A problem of the service about the fields named. */
export class Refused extends Error {
  /** @param {string[]} fields each "field:code" */
  constructor(fields) {
    super('refused');
    this.fields = fields;
  }
}

/** POST; the answer's bytes. @param {string} path @param {object} body @returns {Promise<Uint8Array>} */
export async function post(path, body) {
  let answer;
  let content;
  try {
    answer = await fetch(path, {
      method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' },
      credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT),
    });
    content = new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) throw new Outage('no answer');
    throw error;
  }
  if (content.length > MAX_ANSWER) throw new Outage('too long');
  if (answer.ok) return content;
  if (answer.status === 429) throw new Later('429');
  // a proxy's own 404 says nothing about a donation: only the service's problems do
  const ours = answer.status < 500 && answer.headers.get('Content-Type')?.startsWith('application/problem+json');
  const problem = ours ? parsed(content) : null;
  if (problem?.code === 'not-found') throw new Missing(path);
  if (problem?.code === 'invalid-fields' || problem?.code === 'rejected') throw new Refused((problem.errors ?? []).map((/** @type {any} */ e) => `${e.field}:${e.code}`));
  throw new Outage(`status ${answer.status}`);
}

/** POST; the answer's JSON. @param {string} path @param {object} body @returns {Promise<any>} */
export async function postJson(path, body) {
  const found = parsed(await post(path, body));
  if (found === null) throw new Outage('not the service’s answer'); // a hotel's log-in page says 200 as well
  return found;
}

/** @param {Uint8Array} content @returns {any} null: no JSON */
function parsed(content) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return null;
  }
}
