/** What the console asks of the service, one method a request; shapes as in docs/api.md. */
import { Declined } from '../keyed/client.js';

/** @param {string} book 32 hexadecimal digits */
const fundPath = (book) => `/v1/charity/books/${book}`;
const PAGE = 1000;
const MOST = 5000; // payments of one state that are looked at, the newest first

export class Service {
  /** @param {import('../keyed/client.js').Client} client */
  constructor(client) {
    this.client = client;
  }

  /** Own funds as they are now: also what no epoch covers yet. @returns {Promise<any[]>} */
  async funds() {
    return (await this.client.get('/v1/charity/books')).funds;
  }

  /** An own fund as it is now. @param {string} book */
  fund(book) {
    return this.client.get(fundPath(book));
  }

  /** Payments that are not settled, of the officer's own view. @param {string} book @param {'reserved' | 'paid'} state @returns {Promise<any[]>} */
  async payments(book, state) {
    const found = [];
    for (let before = ''; found.length < MOST; ) {
      const { disbursements, next } = await this.client.get(`${fundPath(book)}/disbursements?state=${state}&limit=${PAGE}${before}`);
      found.push(...disbursements);
      if (!next) break;
      before = `&before=${next}`;
    }
    return found;
  }

  /** @param {any} fund */
  openFund(fund) {
    return this.client.post('/v1/charity/books', fund);
  }

  /** Donations in one transaction: all or none. @param {string} book @param {object[]} rows @returns {Promise<any[]>} */
  async donate(book, rows) {
    return (await this.client.post(`${fundPath(book)}/donations`, { donations: rows })).donations;
  }

  /** A donation by the charity's own number, with its receipt code. @param {string} number */
  findDonation(number) {
    return this.client.post('/v1/charity/donations/find', { donation_no: number });
  }

  /** @param {string} book @param {string} ref @param {Record<string, any>} act of the form: the event, its private notes, a donation by the charity's number */
  async record(book, ref, { notes = {}, donation_no: number, ...event }) {
    if (number) event.donation = (await this.findDonation(number)).donation;
    const own = Object.fromEntries(Object.entries(notes).filter(([, text]) => text !== null));
    return this.client.post(`${fundPath(book)}/events`, { ref, event, notes: own });
  }

  /** An event of the general book. @param {string} ref @param {object} event */
  register(ref, event) {
    return this.client.post('/v1/charity/general', { ref, event });
  }

  /** @param {string} uscc @returns {Promise<any[]>} */
  async obligations(uscc) {
    return (await this.client.open(`/v1/charity/${uscc}/obligations`)).obligations;
  }

  /** @returns {Promise<any[]>} */
  async imports() {
    return (await this.client.get('/v1/charity/imports')).imports;
  }

  /** @param {'bank' | 'platform'} source @param {Uint8Array} content @param {string} query @param {string} type */
  importFile(source, content, query, type) {
    return this.client.upload(`/v1/charity/imports/${source}${query}`, content, type);
  }

  /** The books held against the bank's statements, as of now. */
  reconciliation() {
    return this.client.get('/v1/charity/reconciliation');
  }

  /** @param {string} id */
  report(id) {
    return this.client.get(`/v1/charity/imports/${id}`);
  }
}

/** Null where there is none yet. @template T @param {Promise<T>} asked @returns {Promise<T | null>} */
export async function maybe(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Declined && error.status === 404) return null;
    throw error;
  }
}
