/** One record in IndexedDB. Not localStorage: it cannot hold a key that no script may read. */

const STORE = 'device';
const KEY = 1;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Store {
  /** Throws DOMException where storage is forbidden (some private windows). @param {string} name of the database @returns {Promise<Store>} */
  static async open(name) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return new Store(await settled(request));
  }

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** @returns {Promise<any>} undefined if there is none */
  read() {
    return settled(this.database.transaction(STORE).objectStore(STORE).get(KEY));
  }

  /**
   * Replace the record by what `change` makes of it, in one transaction: two tabs cannot both spend the same try.
   * `undefined` deletes it. Resolves once it is on disk.
   * @param {(record: any) => any} change @returns {Promise<any>} the new record
   */
  update(change) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, 'readwrite', { durability: 'strict' });
      const store = transaction.objectStore(STORE);
      /** @type {any} */
      let next;
      const reading = store.get(KEY);
      reading.onsuccess = () => {
        try {
          next = change(reading.result);
          if (next === undefined) store.delete(KEY);
          else store.put(next, KEY);
        } catch (error) {
          reject(error); // such as DataCloneError: this browser stores no keys
          transaction.abort();
        }
      };
      transaction.oncomplete = () => resolve(next);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
}
