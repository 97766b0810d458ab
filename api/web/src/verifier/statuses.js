/** The status lists that a caller brings along: signatures checked once. Counterpart of verifier/statuses.py. */
import { guarded } from './errors.js';
import { CLOCK_SKEW } from './fields.js';
import { StatusList } from './status-list.js';

/** Lists by issuer and address. Malformed ones are remembered, for silence would look like absence. */
export class StatusLists {
  /** @param {import('./trust-bundle.js').TrustBundle} trust @param {Iterable<Uint8Array>} items */
  constructor(trust, items) {
    this.trust = trust;
    /** @type {Map<string, StatusList[]>} */
    this.lists = new Map();
    /** @type {Map<string | null, string>} */
    this.faults = new Map();
    for (const data of items) this.add(data);
  }

  /** @param {Uint8Array} data */
  add(data) {
    const list = guarded(() => new StatusList(data), () => null);
    if (list === null) {
      this.faults.set(null, 'STATUS_MALFORMED');
    } else if (!this.signed(list)) {
      this.faults.set(list.uri, 'STATUS_SIGNATURE_INVALID');
    } else {
      const key = `${list.iss} ${list.uri}`;
      this.lists.set(key, [...(this.lists.get(key) ?? []), list]);
    }
  }

  /** Whether a key of the same issuer that the bundle allows for status lists signed it while it was valid. @param {StatusList} list */
  signed(list) {
    const key = this.trust.issuerKey(list.iss, list.sign1.kid);
    if (!key || !key.statusLists || list.iat < key.notBefore || list.iat >= key.notAfter) return false;
    // whoever holds a compromised key can date a list as he likes
    return key.revokedFrom === null && list.sign1.verify(key.key);
  }

  /**
   * The lists of an address that answer at time `at`, or why there is none. The freshest counts that is not from the
   * future, whatever the order in which lists were given; more than one only if issued in the same second.
   * @param {string} issuer @param {string} uri @param {number} at @returns {StatusList[] | string}
   */
  find(issuer, uri, at) {
    const found = this.lists.get(`${issuer} ${uri}`);
    if (!found) return this.faults.get(uri) ?? this.faults.get(null) ?? 'STATUS_MISSING';
    const times = found.map((list) => list.iat);
    const past = times.filter((iat) => iat <= at + CLOCK_SKEW);
    const newest = Math.max(...(past.length ? past : times));
    return found.filter((list) => list.iat === newest);
  }
}
