/**
 * Cosignatures under a checkpoint (C2SP tlog-cosignature). Counterpart of verifier/cosignature.py, without the aggregated
 * lines of verifier/aggregate.py: those are lines of an unknown key here, as in Python without the extra `bls`.
 */
import { toBigInt, utf8 } from './bytes.js';
import { COSIGNER, noteKeyId } from './checkpoint.js';
import { CLOCK_SKEW } from './fields.js';

const HEADER = 'cosignature/v1';
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
const MAX_TIME = (1n << 63n) - 1n;

/** What a witness signs. @param {string} text of the checkpoint, last newline included @param {bigint | number} time seconds UTC */
export function cosignatureMessage(text, time) {
  return utf8(`${HEADER}\ntime ${time}\n${text}`);
}

/**
 * Names of the policy's witnesses that cosigned the note, as known at time `at` (seconds UTC). A cosignature counts if its
 * time lies in the key's validity and at most CLOCK_SKEW after `at`. Lines of unknown keys say nothing; one bad line of a
 * known key spoils the note: nobody counts.
 * @param {import('./checkpoint.js').SignedNote} note @param {import('./quorum.js').WitnessPolicy} policy @param {number} at
 * @returns {Set<string>}
 */
export function cosigners(note, policy, at) {
  const known = new Map(policy.witnesses.map((w) => [`${noteKeyId(w.name, w.key, COSIGNER)} ${w.name}`, w]));
  const found = new Set();
  for (const line of note.signatures) {
    const witness = known.get(`${line.keyId} ${line.name}`);
    if (!witness) continue;
    const time = goodTime(line.signature, witness, note.text);
    if (time === null) return new Set();
    if (time >= witness.notBefore && time < witness.notAfter && time <= at + CLOCK_SKEW) found.add(witness.name);
  }
  return found;
}

/** The time of a good cosignature, else null. @param {Uint8Array} raw @param {import('./quorum.js').Witness} witness @param {string} text */
function goodTime(raw, witness, text) {
  if (raw.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = toBigInt(raw.subarray(0, TIME_BYTES));
  if (time > MAX_TIME) return null;
  return witness.key.verify(raw.subarray(TIME_BYTES), cosignatureMessage(text, time)) ? time : null;
}
