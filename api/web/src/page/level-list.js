/** The levels in plain words: what was reached, by whom, and what was not looked at. */
import { MAX_TIME } from '../verifier/fields.js';
import { outcomeOf } from '../verifier/report.js';
import { el, svg } from './dom.js';
import { timeText } from './format.js';
import { MARKS } from './signs.js';
import { EVIDENCE, LEVELS } from './texts.js';

/** @typedef {import('../verifier/report.js').Report} Report */
/** @typedef {import('./texts.js').Lang} Lang */

/** @param {string} text @param {Record<string, string | number | bigint>} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Who cosigned, as far as the trust bundle names anybody. @param {Report} r @param {Lang} lang @returns {string[]} */
function witnessLines(r, lang) {
  const t = EVIDENCE[lang];
  const seen = r.seen.witnesses;
  if (r.levels.L4 === 'LOG_FORKED') return [];
  if (r.levels.L3 !== 'OK') return [t['no-receipt']];
  if (!seen) return [t['no-policy']];
  if (!seen.cosigned.length) return [t['no-cosignature']];
  return [filled(t.cosigned, { k: seen.cosigned.length, n: seen.of }), ...seen.cosigned];
}

/** Where it is anchored, or why that is not known. @param {Report} r @param {Lang} lang @returns {string[]} */
function anchorLines(r, lang) {
  const t = EVIDENCE[lang];
  const seen = r.seen.anchor;
  if (r.levels.L5 === 'ANCHOR_MISMATCH') return [];
  if (r.levels.L3 !== 'OK') return [t['no-receipt']];
  if (!seen) return [t[r.levels.L5]];
  const lines = [filled(t.chain, { name: seen.chain, id: seen.chainId })];
  if (seen.block) {
    const { number, time } = seen.block;
    lines.push(filled(t.block, { number, time: time <= MAX_TIME ? timeText(Number(time), lang) : '—' })); // a QBFT header has 64 bits for it
  }
  return lines;
}

/** @param {Report} r @param {Lang} lang @returns {HTMLElement} */
export function levelList(r, lang) {
  const status = r.findings.find((f) => f.step === 7)?.reason ?? 'STATUS_MISSING';
  /** Level or step, tag, reason, what more there is to say. @type {[string, string, string, string[]][]} */
  const rows = [
    ['L1', 'L1', r.levels.L1, []],
    ['STATUS', '', status, []],
    ['L3', 'L2 L3', r.levels.L3 ?? 'RECEIPT_INVALID', []],
  ];
  if (r.levels.L4) rows.push(['L4', 'L4', r.levels.L4, witnessLines(r, lang)]);
  if (r.levels.L5) rows.push(['L5', 'L5', r.levels.L5, anchorLines(r, lang)]);
  const list = el('ul', { class: 'levels' });
  for (const [name, tag, reason, lines] of rows) {
    const state = reason === 'OK' ? 'done' : outcomeOf(reason) === 'FAILED' ? 'wrong' : 'open';
    const words = LEVELS[lang][name][{ done: 0, open: 1, wrong: 2 }[state]];
    list.append(
      el('li', { class: state, 'data-level': name },
        svg('0 0 20 20', [['path', { d: MARKS[state] }]]),
        el('div', {},
          ...(tag ? [el('span', { class: 'tag' }, tag), ' '] : []),
          words,
          ...lines.map((line) => el('div', { class: 'said' }, el('bdi', {}, line))))),
    );
  }
  return list;
}
