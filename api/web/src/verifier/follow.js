/**
 * Following serials through a hop. Counterpart of verifier/charity/follow.py. Serials and amounts are bigints. Of an outflow's serials
 * the acknowledged ones are its first, the returned ones its last, earlier returns behind later ones.
 */
import { concat, equal, hex } from './bytes.js';
import { ProofInvalid } from './errors.js';
import { DONATION_RETURNED, DONATION_REVERSED, REDIRECTED, TRANSFERRED, parseEvent } from './fundevent.js';
import { IN, OUT, RETURNED, eventRef, leadsTo } from './line.js';
import { rootFromPath as hashRootFromPath } from './merkle.js';
import { rootFromPath, rootFromRange } from './sumtree.js';

/** @typedef {import('./hop.js').Hop} Hop */
/** @typedef {import('./epoch.js').EpochClaims} EpochClaims */
/** @typedef {{start: bigint, amount: bigint, state: string, book: Uint8Array, outflow: bigint | null, day: number | null, costClass: number | null, allocation: number | null, reference: Uint8Array | null, digest: Uint8Array | null}} Portion */
/** @typedef {{book: Uint8Array, kind: number, ref: Uint8Array, total: bigint}} Link the inflow that a part must enter, whole */
/** @typedef {{portion: Portion, link: Link | null, offset: bigint}} Part */
/** @typedef {[bigint, bigint]} Range serials [start, end) */
/** @typedef {{index: bigint, start: bigint, outflow: import('./line.js').Outflow, settlement: import('./line.js').Settlement}} Shown */

/** @type {Record<number, string>} */
const STATE = {
  [OUT.TRANSFER]: 'transferred', [OUT.DONATION_RETURNED]: 'returned-to-donor', [OUT.DONATION_REVERSED]: 'reversed',
  [OUT.REDIRECTED]: 'redirected', [OUT.SURPLUS]: 'surplus',
};
/** @type {Record<number, string>} */
const HOLE_STATE = { [DONATION_RETURNED]: 'returned-to-donor', [DONATION_REVERSED]: 'reversed', [REDIRECTED]: 'redirected' };
const NOWHERE = { outflow: null, day: null, costClass: null, allocation: null, reference: null, digest: null };

/** @param {bigint} a @param {bigint} b */
const least = (a, b) => (a < b ? a : b);
/** @param {bigint} a @param {bigint} b */
const most = (a, b) => (a > b ? a : b);

/** First serial of the hop's inflow. Throws Malformed or ProofInvalid. @param {Hop} hop @param {EpochClaims} epoch @returns {bigint} */
export function startOf(hop, epoch) {
  const { root, start } = rootFromPath(epoch.tree, hop.inflow.bytes, hop.index, epoch.inflows.size, hop.path);
  if (!equal(root, epoch.inflows.root)) throw new ProofInvalid('inflow', "not in the epoch's tree");
  return start;
}

/** What became of the serials `mine`: disjoint, ascending, within the inflow. Throws Malformed or ProofInvalid. @param {Hop} hop @param {EpochClaims} epoch @param {Range[]} mine @returns {Part[]} */
export function follow(hop, epoch, mine) {
  const spent = epoch.outflows.sum;
  const shown = shownOutflows(hop, epoch, mine[0][0], least(mine[mine.length - 1][1], spent));
  const all = pieces(hop, shown, namedEvents(hop, shown));
  const holes = holesOf(hop, epoch);
  /** @type {Range[]} */
  const reached = mine.filter(([a]) => a < spent).map(([a, b]) => [a, least(b, spent)]);
  /** @type {Range[]} */
  const ahead = mine.filter(([, b]) => b > spent).map(([a, b]) => [most(a, spent), b]);
  const parts = [...cut(all, reached), ...cut(waiting(hop.book, holes, ahead), ahead)];
  const covered = parts.reduce((n, p) => n + p.portion.amount, 0n);
  if (covered !== mine.reduce((n, [a, b]) => n + b - a, 0n)) throw new ProofInvalid('coverage', 'not all serials are accounted for');
  return parts;
}

/** The outflows shown, once they lead to the epoch's root and cover [low, high) without a gap. @param {Hop} hop @param {EpochClaims} epoch @param {bigint} low @param {bigint} high @returns {Shown[]} */
function shownOutflows(hop, epoch, low, high) {
  if (low >= high) { // spending has not come as far: the signed total of the outflows says so
    if (hop.outflows.length) throw new ProofInvalid('outflows', 'shown where none are');
    return [];
  }
  if (!hop.outflows.length) throw new ProofInvalid('outflows', 'not shown');
  const leaves = hop.outflows.map((o, i) => concat(hop.settlements[i].bytes, o.bytes));
  const { root, start } = rootFromRange(epoch.tree, hop.first, leaves, epoch.outflows.size, hop.around);
  if (!equal(root, epoch.settled)) throw new ProofInvalid('outflows', "not in the epoch's tree");
  let position = start;
  const found = hop.outflows.map((outflow, i) => {
    const settlement = hop.settlements[i];
    const settled = settlement.acknowledged + settlement.returned;
    if (settled > outflow.amount) throw new ProofInvalid('settlement', 'above the amount');
    if (settled && outflow.kind !== OUT.PAYMENT) throw new ProofInvalid('settlement', 'of what is no payment');
    position += outflow.amount;
    return { index: hop.first + BigInt(i), start: position - outflow.amount, outflow, settlement };
  });
  if (start > low || position < high) throw new ProofInvalid('outflows', 'a payment is left out');
  return found;
}

/** Events without a path, by their reference: each says where an outflow that is shown went. @param {Hop} hop @param {Shown[]} shown @returns {Map<string, Record<string, any>>} */
function namedEvents(hop, shown) {
  const gone = shown.filter((s) => s.outflow.kind === OUT.TRANSFER || s.outflow.kind === OUT.REDIRECTED);
  const refs = new Set(gone.map((s) => hex(s.outflow.ref)));
  const found = new Map();
  for (const told of hop.events.filter((e) => e.path === null)) {
    const event = parseEvent(told.body);
    const ref = hex(eventRef(hop.book, told.body));
    if ((event.kind !== TRANSFERRED && event.kind !== REDIRECTED) || !refs.has(ref)) throw new ProofInvalid('event', 'of nothing that is shown');
    found.set(ref, event);
  }
  return found;
}

/** Every serial of the outflows shown, in order. @param {Hop} hop @param {Shown[]} shown @param {Map<string, Record<string, any>>} events @returns {Part[]} */
function pieces(hop, shown, events) {
  /** @type {Map<string, bigint>} */
  const totals = new Map();
  const placed = shown.flatMap((s) => ofOutflow(hop, s)).map(([portion, ref]) => {
    const key = ref === null ? '' : hex(ref);
    const offset = totals.get(key) ?? 0n;
    if (ref !== null) totals.set(key, offset + portion.amount);
    return { portion, ref, offset };
  });
  return placed.map(({ portion, ref, offset }) => {
    const link = ref === null ? null : linkOf(hop.book, portion.state, ref, totals.get(hex(ref)) ?? 0n, events);
    return { portion, link, offset };
  });
}

/** @param {Uint8Array} book @param {string} state @param {Uint8Array} ref @param {bigint} total @param {Map<string, Record<string, any>>} events @returns {Link | null} */
function linkOf(book, state, ref, total, events) {
  if (state === 'returned-to-fund') return { book, kind: IN.RETURNED_PAYMENT, ref, total };
  const event = events.get(hex(ref));
  if (event?.kind === TRANSFERRED && state === 'transferred') return { book: event.target, kind: IN.TRANSFER_IN, ref, total };
  if (event?.kind === REDIRECTED && state === 'redirected') return { book: event.target, kind: IN.REDIRECTED_IN, ref, total };
  return null; // nobody says where to: the money has left, and this file does not follow it
}

/** An outflow's serials by what became of them, each with the event that moved it on. @param {Hop} hop @param {Shown} shown @returns {[Portion, Uint8Array | null][]} */
function ofOutflow(hop, { index, start, outflow: out, settlement }) {
  const whole = { start, amount: out.amount, state: 'paid', book: hop.book, outflow: index, day: out.day, costClass: out.costClass, allocation: out.allocation, reference: out.ref, digest: settlement.digest };
  if (out.kind !== OUT.PAYMENT) return [[{ ...whole, state: STATE[out.kind], costClass: null, allocation: null, digest: null }, out.ref]];
  const paid = start + settlement.acknowledged;
  let end = start + out.amount;
  const back = end - settlement.returned;
  /** @type {[bigint, bigint, string, Uint8Array | null][]} */
  const spans = [[start, paid, 'acknowledged', null], [paid, back, 'paid', null]];
  const steps = hop.steps.get(index);
  if (!steps) {
    spans.push([back, end, 'returned-to-fund', null]);
  } else {
    if (!leadsTo(steps, settlement)) throw new ProofInvalid('settlement', 'the steps lead elsewhere');
    /** @type {[bigint, bigint, string, Uint8Array | null][]} */
    const returns = [];
    for (const step of steps.filter((s) => s.op === RETURNED)) {
      returns.unshift([end - BigInt(step.amount), end, 'returned-to-fund', step.ref]);
      end -= BigInt(step.amount);
    }
    spans.push(...returns);
  }
  return spans.filter(([a, b]) => a < b).map(([a, b, state, ref]) => [{ ...whole, start: a, amount: b - a, state }, ref]);
}

/** @typedef {{low: bigint, high: bigint, ref: Uint8Array, event: Record<string, any>}} Hole */

/** What was taken out of the inflow ahead of spending, in order, each led to the root of the events. @param {Hop} hop @param {EpochClaims} epoch @returns {Hole[]} */
function holesOf(hop, epoch) {
  const found = hop.events.flatMap(({ body, path }) => {
    if (path === null) return [];
    const event = parseEvent(body);
    const root = hashRootFromPath(epoch.tree, epoch.tree.leaf(body), event.seq, epoch.events, path);
    if (!equal(root, epoch.eventsRoot)) throw new ProofInvalid('event', "not in the epoch's tree");
    if (!(event.kind in HOLE_STATE) || event.idx !== hop.index || event.start < epoch.outflows.sum) {
      throw new ProofInvalid('event', 'takes nothing out of this inflow');
    }
    return [{ low: event.start, high: event.start + event.amount, ref: eventRef(hop.book, body), event }];
  });
  found.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  if (found.some((hole, i) => i && found[i - 1].high > hole.low)) throw new ProofInvalid('event', 'takes the same serials twice');
  return found;
}

/** Serials that spending has not reached: taken out ahead of it, or waiting. @param {Uint8Array} book @param {Hole[]} holes @param {Range[]} mine @returns {Part[]} */
function waiting(book, holes, mine) {
  /** @type {Part[]} */
  const found = [];
  let position = 0n;
  const wait = (/** @type {bigint} */ until) => {
    if (until > position) found.push({ portion: { ...NOWHERE, start: position, amount: until - position, state: 'waiting', book }, link: null, offset: 0n });
  };
  for (const { low, high, ref, event } of holes) {
    wait(low);
    const link = event.kind === REDIRECTED ? { book: event.target, kind: IN.REDIRECTED_IN, ref, total: event.amount } : null;
    const portion = { ...NOWHERE, start: low, amount: high - low, state: HOLE_STATE[event.kind], book, day: event.day, reference: ref };
    found.push({ portion, link, offset: 0n });
    position = high;
  }
  wait(mine.reduce((n, [, b]) => most(n, b), 0n));
  return found;
}

/** The parts of the pieces that lie within the ranges; both ascending and disjoint. @param {Part[]} all @param {Range[]} ranges @returns {Part[]} */
function cut(all, ranges) {
  /** @type {Part[]} */
  const found = [];
  let i = 0;
  for (const [low, high] of ranges) {
    while (i < all.length && all[i].portion.start + all[i].portion.amount <= low) i++;
    for (let k = i; k < all.length && all[k].portion.start < high; k++) {
      const { portion, link, offset } = all[k];
      const a = most(low, portion.start);
      const b = least(high, portion.start + portion.amount);
      found.push({ portion: { ...portion, start: a, amount: b - a }, link, offset: offset + a - portion.start });
    }
  }
  return found;
}
