/** What became of a donation's fen, as a graph of four stages: gift, use, class of cost, settlement. Pure. */

/** @typedef {{state: string, amount: number, book: string, serials: [number | bigint, number | bigint], outflow: number | null, day: number | null, cost_class: number | null, allocation: number | null, reference: string | null, settlement: string | null}} Portion as in the verifier's JSON */
/** @typedef {{id: string, stage: number, kind: string, book: string, no: number, amount: number, from: string[]}} FlowNode `no`: of the allocation or the class; `from`: ids of what it comes from */
/** @typedef {{from: string, to: string, amount: number}} FlowLink */
/** @typedef {{nodes: FlowNode[], links: FlowLink[], total: number}} Flow nodes in order of stages */

/** What a payment is; all other states end in the stage of use. */
const PAYMENTS = ['paid', 'acknowledged'];
/** From top to bottom within a stage. */
const ORDER = ['gift', 'allocation', 'class', 'acknowledged', 'paid', 'waiting', 'returned-to-fund', 'transferred', 'redirected', 'surplus', 'returned-to-donor', 'reversed'];

/** The nodes that a portion runs through behind the gift. @param {Portion} p @returns {Omit<FlowNode, 'amount' | 'from'>[]} */
function way(p) {
  if (!PAYMENTS.includes(p.state)) return [{ id: `${p.state} ${p.book}`, stage: 1, kind: p.state, book: p.book, no: 0 }];
  const no = p.allocation ?? 0;
  const cost = p.cost_class ?? 0;
  return [
    { id: `allocation ${p.book} ${no}`, stage: 1, kind: 'allocation', book: p.book, no },
    { id: `class ${cost}`, stage: 2, kind: 'class', book: '', no: cost },
    { id: p.state, stage: 3, kind: p.state, book: '', no: 0 },
  ];
}

/** @param {Portion[]} portions @returns {Flow} */
export function flowOf(portions) {
  /** @type {Map<string, FlowNode>} */
  const nodes = new Map();
  /** @type {Map<string, FlowLink>} */
  const links = new Map();
  let total = 0;
  for (const p of portions) {
    total += p.amount;
    let before = 'gift';
    for (const step of [{ id: 'gift', stage: 0, kind: 'gift', book: '', no: 0 }, ...way(p)]) {
      const node = nodes.get(step.id) ?? { ...step, amount: 0, from: [] };
      node.amount += p.amount;
      nodes.set(step.id, node);
      if (step.id === 'gift') continue;
      const key = `${before}\n${step.id}`;
      const link = links.get(key) ?? { from: before, to: step.id, amount: 0 };
      link.amount += p.amount;
      links.set(key, link);
      if (!node.from.includes(before)) node.from.push(before);
      before = step.id;
    }
  }
  const books = [...new Set(portions.map((p) => p.book))];
  const place = (/** @type {FlowNode} */ n) => [n.stage, ORDER.indexOf(n.kind), books.indexOf(n.book), n.no];
  const sorted = [...nodes.values()].sort((a, b) => compare(place(a), place(b)));
  return { nodes: sorted, links: [...links.values()], total };
}

/** @param {number[]} a @param {number[]} b */
function compare(a, b) {
  const i = a.findIndex((value, k) => value !== b[k]);
  return i < 0 ? 0 : a[i] - b[i];
}

/** Paid money by class, in order of the classes. @param {Portion[]} portions @returns {{no: number, amount: number}[]} */
export function costs(portions) {
  const sums = [1, 2, 3, 4].map((no) => ({ no, amount: sum(portions, (p) => PAYMENTS.includes(p.state) && p.cost_class === no) }));
  return sums.filter((s) => s.amount > 0 || s.no !== 2 || sum(portions, (p) => p.cost_class === 2) > 0);
}

/** @param {Portion[]} portions @param {(p: Portion) => boolean} counts @returns {number} */
export function sum(portions, counts) {
  return portions.reduce((all, p) => (counts(p) ? all + p.amount : all), 0);
}

/** @typedef {{node: FlowNode, at: number, start: number, size: number, slot: number}} Box `at` along the flow, `start` and `size` across it */
/** @typedef {{from: Box, to: Box, a: number, b: number, size: number}} Ribbon `a` and `b`: where it begins and ends across */

/**
 * Places for nodes and ribbons. A node takes at least `room` across, so that its label has space; bars are to scale, but none
 * thinner than two units, so that a fen is not lost to the eye.
 * @param {Flow} flow @param {{length: number, breadth: number, room: number}} measure @returns {{boxes: Box[], ribbons: Ribbon[], breadth: number}}
 */
export function layout(flow, { length, breadth, room }) {
  const stages = [0, 1, 2, 3].map((s) => flow.nodes.filter((n) => n.stage === s));
  const last = stages.reduce((found, nodes, s) => (nodes.length ? s : found), 0);
  const scale = scaleFor(stages, breadth, room);
  /** @type {Box[]} */
  const boxes = [];
  let used = 0;
  for (const [s, nodes] of stages.entries()) {
    let start = 0;
    for (const node of nodes) {
      const size = Math.max(2, node.amount * scale);
      const slot = slotOf(size, room);
      boxes.push({ node, at: last ? (s * length) / last : 0, start, size, slot });
      start += slot;
    }
    used = Math.max(used, start);
  }
  return { boxes, ribbons: ribbons(flow, boxes), breadth: used };
}

/** @param {number} size @param {number} room */
const slotOf = (size, room) => Math.max(room, size + room / 4);

/** Units for one fen: as much as lets the fullest stage fit the breadth, and never less than a third of it for the gift. @param {FlowNode[][]} stages @param {number} breadth @param {number} room */
function scaleFor(stages, breadth, room) {
  const total = Math.max(1, ...stages[0].map((n) => n.amount));
  const wide = (/** @type {number} */ scale) => Math.max(...stages.map((nodes) => nodes.reduce((all, n) => all + slotOf(n.amount * scale, room), 0)));
  let [low, high] = [breadth / 3 / total, breadth / total];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (wide(middle) > breadth) high = middle;
    else low = middle;
  }
  return low;
}

/** Stacked on both sides in the order of the boxes, so that as few as can be cross. @param {Flow} flow @param {Box[]} boxes @returns {Ribbon[]} */
function ribbons(flow, boxes) {
  const box = (/** @type {string} */ id) => boxes.findIndex((b) => b.node.id === id);
  const left = new Map(boxes.map((b) => [b, b.start]));
  const right = new Map(boxes.map((b) => [b, b.start]));
  const ordered = flow.links.map((link) => ({ from: box(link.from), to: box(link.to), amount: link.amount }));
  ordered.sort((x, y) => x.from - y.from || x.to - y.to);
  return ordered.map(({ from, to, amount }) => {
    const [f, t] = [boxes[from], boxes[to]];
    const [a, b] = [/** @type {number} */ (right.get(f)), /** @type {number} */ (left.get(t))];
    const [wide, end] = [(f.size * amount) / f.node.amount, (t.size * amount) / t.node.amount];
    right.set(f, a + wide);
    left.set(t, b + end);
    return { from: f, to: t, a, b, size: Math.max(1, Math.min(wide, end)) };
  });
}
