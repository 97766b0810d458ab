/** One hop of a donor's trace, and a member of a group. Counterpart of verifier/charity/{hop,group}.py. */
import { concat, equal, isBytes, isInt } from './bytes.js';
import { Malformed } from './errors.js';
import * as fields from './fields.js';
import { GROUPED, MAX_EVENT, parseEvent } from './fundevent.js';
import { BOOK_BYTES, IN, OUTFLOW_BYTES, SETTLEMENT_BYTES, eventRef, parseInflow, parseOutflows, parseSettlements } from './line.js';
import { MAX_PATH, MAX_TREE_SIZE } from './merkle.js';
import { nodesOf, rootFromPath, u64 } from './sumtree.js';

const FORMAT = 'donor-trace';
const MAX_LEAVES = 20_000;
const MAX_STEPS = 1_000;
const MAX_EVENTS = 1_000;

/** @typedef {{body: Uint8Array, path: Uint8Array[] | null}} ShownEvent */
/** @typedef {{index: bigint, leaf: import('./line.js').Inflow, path: Uint8Array, event: Uint8Array}} Member */
/** @typedef {{book: Uint8Array, index: bigint, inflow: import('./line.js').Inflow, path: Uint8Array, member: Member | null, first: bigint, outflows: import('./line.js').Outflow[], settlements: import('./line.js').Settlement[], around: Uint8Array, steps: Map<bigint, import('./line.js').Operation[]>, events: ShownEvent[]}} Hop parsed, *unverified*; `steps` by index of an outflow */

/** @param {any} value @returns {ShownEvent} */
function shownEvent(value) {
  if (!Array.isArray(value) || value.length !== 2) throw new Malformed(FORMAT, 'event');
  const [body, path] = value;
  if (!isBytes(body) || !body.length || body.length > MAX_EVENT) throw new Malformed(FORMAT, 'event');
  if (path === null) return { body, path };
  if (!isBytes(path) || path.length % 32 || path.length > MAX_PATH * 32) throw new Malformed(FORMAT, 'event-path');
  return { body, path: Array.from({ length: path.length / 32 }, (_, i) => path.subarray(32 * i, 32 * i + 32)) };
}

/** @param {any} value @returns {Member} */
function parseMember(value) {
  if (!Array.isArray(value) || value.length !== 4) throw new Malformed('group-member', 'structure');
  const [index, leaf, path, event] = value;
  if (!isInt(index) || index < 0 || !isBytes(leaf) || !isBytes(path) || !isBytes(event)) throw new Malformed('group-member', 'structure');
  nodesOf(path);
  return { index: BigInt(index), leaf: parseInflow(leaf), path, event };
}

/** How many of the group's serials come before the member's. Throws Malformed if it is no member of `group`. @param {import('./merkle.js').TreeHash} h @param {Uint8Array} book @param {Member} member @param {import('./line.js').Inflow} group @returns {bigint} */
export function memberOffset(h, book, member, group) {
  const stated = parseEvent(member.event);
  if (group.kind !== IN.GROUP || stated.kind !== GROUPED || !equal(eventRef(book, member.event), group.ref)) throw new Malformed('group-member', 'event');
  if (member.leaf.kind !== IN.DONATION || member.leaf.day !== group.day) throw new Malformed('group-member', 'leaf');
  const { root, start } = rootFromPath(h, member.leaf.bytes, member.index, stated.count, member.path);
  if (!equal(root, concat(stated.root, u64(group.amount))) || stated.amount !== group.amount) throw new Malformed('group-member', 'root');
  return start;
}

/** @param {Map<any, any>} m @param {bigint} first @param {number} count @returns {Map<bigint, import('./line.js').Operation[]>} */
function parseSteps(m, first, count) {
  const found = new Map();
  let last = first - 1n;
  for (const item of fields.array(FORMAT, m, 10, MAX_LEAVES)) {
    if (!Array.isArray(item) || item.length !== 2 || !isInt(item[0]) || !Array.isArray(item[1])) throw new Malformed(FORMAT, 'steps');
    const [index, steps] = [BigInt(item[0]), item[1]];
    if (index <= last || index >= first + BigInt(count) || !steps.length || steps.length > MAX_STEPS) throw new Malformed(FORMAT, 'steps');
    found.set(index, steps.map(parseStep));
    last = index;
  }
  return found;
}

/** @param {any} item @returns {import('./line.js').Operation} */
function parseStep(item) {
  if (!Array.isArray(item) || item.length !== 3) throw new Malformed(FORMAT, 'step');
  const [op, amount, ref] = item;
  if (!isInt(op) || !isInt(amount) || !isBytes(ref) || ref.length !== 32) throw new Malformed(FORMAT, 'step');
  return { op, amount, ref };
}

/** Throws Malformed. @param {unknown} value @returns {Hop} */
export function parseHop(value) {
  const m = fields.mapping(FORMAT, value, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const [outs, settled] = [fields.octets(FORMAT, m, 7), fields.octets(FORMAT, m, 8)];
  if (outs.length > MAX_LEAVES * OUTFLOW_BYTES || outs.length * SETTLEMENT_BYTES !== settled.length * OUTFLOW_BYTES) {
    throw new Malformed(FORMAT, 'leaves');
  }
  const around = fields.octets(FORMAT, m, 9);
  if (!outs.length && (m.get(6) !== 0 || around.length || m.get(10)?.length !== 0)) throw new Malformed(FORMAT, 'no-leaves');
  nodesOf(m.get(4));
  nodesOf(around, 2 * MAX_PATH);
  const outflows = parseOutflows(outs);
  const first = BigInt(fields.uint(FORMAT, m, 6, MAX_TREE_SIZE));
  return {
    book: fields.octets(FORMAT, m, 1, BOOK_BYTES),
    index: BigInt(fields.uint(FORMAT, m, 2, MAX_TREE_SIZE)),
    inflow: parseInflow(m.get(3)),
    path: m.get(4),
    member: m.get(5) === null ? null : parseMember(m.get(5)),
    first,
    outflows,
    settlements: parseSettlements(settled),
    around,
    steps: parseSteps(m, first, outflows.length),
    events: fields.array(FORMAT, m, 11, MAX_EVENTS).map(shownEvent),
  };
}

/** Bytes of leaves and nodes: what the proof of the trees costs. @param {Hop} hop @returns {number} */
export function merkleBytes(hop) {
  const nested = hop.member ? hop.member.path.length + hop.member.leaf.bytes.length : 0;
  const leaves = hop.outflows.length * (OUTFLOW_BYTES + SETTLEMENT_BYTES);
  return hop.inflow.bytes.length + hop.path.length + nested + leaves + hop.around.length;
}
