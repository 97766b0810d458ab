/** Shapes that say what colour alone must not: an outcome, and what became of one check. */

/** Circle with tick, octagon with cross, diamond with question mark. @type {Record<string, [string, Record<string, string>][]>} */
export const SIGNS = {
  PASSED: [['circle', { class: 'shape', cx: '36', cy: '36', r: '34' }], ['path', { class: 'glyph', d: 'M20 37l11 11 21-23' }]],
  FAILED: [['path', { class: 'shape', d: 'M22 2h28l20 20v28L50 70H22L2 50V22z' }], ['path', { class: 'glyph', d: 'M24 24l24 24M48 24L24 48' }]],
  INDETERMINATE: [['path', { class: 'shape', d: 'M36 0l36 36-36 36L0 36z' }], ['path', { class: 'glyph', d: 'M27 28c0-13 19-12 19 0 0 8-10 8-10 16M36 54v.5' }]],
};
/** Tick, dash, cross. @type {Record<string, string>} */
export const MARKS = { done: 'M3 11l5 5L18 5', open: 'M4 10h12', wrong: 'M5 5l10 10M15 5L5 15' };
