/** The report as a page: an outcome told by shape, word and colour, then what it stands on. */
import { FAILED, INDETERMINATE, PASSED, fieldLabelOf, outcomeOf } from '../verifier/report.js';
import { el, svg } from './dom.js';
import { fieldLabel, valueText } from './field-names.js';
import { fenText, dayText, dateText, timeText, ageText } from './format.js';
import { levelList } from './level-list.js';
import { SIGNS } from './signs.js';
import { ADVICE, KINDS, LABELS, NEEDS, NOTICES, OUTCOMES, REASONS } from './texts.js';

/** @typedef {import('../verifier/report.js').Report} Report */
/** @typedef {import('./texts.js').Lang} Lang */

/** @param {Report | null} report null: no trust bundle @param {Lang} lang @param {{again(): void, print(): void, take(files: File[]): void}} actions @returns {Node[]} */
export function resultNodes(report, lang, actions) {
  const t = LABELS[lang];
  const outcome = report?.outcome ?? 'INDETERMINATE';
  const reason = report?.reason ?? 'TRUST_MISSING';
  const nodes = [
    el('div', { class: `verdict ${outcome}`, 'data-outcome': outcome, 'data-reason': reason },
      svg('-2 -2 76 76', SIGNS[outcome]),
      el('div', {}, el('h1', { id: 'outcome', tabindex: '-1' }, OUTCOMES[lang][outcome]), el('p', {}, REASONS[lang][reason]))),
  ];
  if (outcome !== PASSED) nodes.push(el('p', { class: 'notice', id: 'advice' }, ADVICE[lang][outcome]));
  if (report) nodes.push(...body(report, lang, actions.take));
  const again = el('button', { type: 'button', class: 'primary', id: 'again' }, t.again);
  again.addEventListener('click', actions.again);
  const print = el('button', { type: 'button', class: 'secondary', id: 'print' }, t.print);
  print.addEventListener('click', actions.print);
  nodes.push(el('p', { class: 'on-paper' }, t.printed), el('div', { class: 'actions' }, again, print));
  return nodes;
}

/** @param {Report} report @param {Lang} lang @param {(files: File[]) => void} take @returns {HTMLElement[]} */
function body(report, lang, take) {
  const t = LABELS[lang];
  const signed = report.levels.L1 === 'OK';
  const nodes = [];
  // those of this page's own kinds cannot be left out by a bundle
  const notice = report.kind !== null && (NOTICES[lang][report.kind] ?? report.manifest?.notice?.[lang]);
  if (report.outcome === PASSED && notice) nodes.push(el('p', { class: 'notice', id: 'kind-notice' }, el('strong', {}, notice)));
  const bare = !Object.keys(report.disclosed).length;
  // of a document the page itself was checked as well, not just a code on it
  if (report.outcome === PASSED && bare && !report.document) nodes.push(el('p', { class: 'notice', id: 'paper-notice' }, t.paper));
  if (report.kind !== null && !signed) nodes.push(el('p', { class: 'notice' }, t['unproven-hint']));
  nodes.push(facts(report, lang, signed));
  if (report.needs.length) nodes.push(needs(report, lang));
  if (!bare) nodes.push(...disclosed(report, lang));
  if (signed) nodes.push(el('h2', {}, t.levels), levelList(report, lang), ...more(report, lang, take));
  nodes.push(details(report, lang));
  return nodes;
}

/** @param {[string, string | Node, Record<string, string>?][]} rows label, value, attributes @returns {HTMLElement} */
function table(rows) {
  const list = el('dl');
  for (const [label, value, attributes] of rows) list.append(el('dt', {}, label), el('dd', attributes ?? {}, el('bdi', {}, value)));
  return list;
}

/** @param {Report} r @param {Lang} lang @param {boolean} signed @returns {HTMLElement} */
function facts(r, lang, signed) {
  const t = LABELS[lang];
  /** @type {[string, string | Node, Record<string, string>?][]} */
  const rows = [];
  if (r.kind !== null) rows.push([t.kind, r.manifest?.title[lang] ?? KINDS[lang][r.kind] ?? t.unknown]);
  if (r.issuer !== null) {
    const name = r.issuerName?.[lang];
    rows.push([signed ? t.issuer : t['issuer-unproven'], name ? `${name}\n${r.issuer}` : r.issuer]);
  }
  if (r.public) {
    rows.push([t.amount, fenText(r.public.amountFen, lang), { class: 'amount' }]);
    rows.push([t.day, dayText(r.public.receivedDay, lang)]);
    rows.push([t.plan, r.public.planFilingNo]);
  }
  if (r.issuedAt !== null && signed) rows.push([t.issued, dateText(r.issuedAt, lang)]);
  if (r.document) rows.push(...documentRows(r.document, lang));
  if (r.status) rows.push([t.status, ageText(r.status.age, lang)]);
  rows.push([t.checked, timeText(r.checkedAt, lang)]);
  return table(rows);
}

/** What the file itself is and who sealed it, each once that was proven. @param {import('../verifier/report.js').DocumentSeen} d @param {Lang} lang @returns {[string, string, Record<string, string>?][]} */
function documentRows(d, lang) {
  const t = LABELS[lang];
  /** @type {[string, string, Record<string, string>?][]} */
  const rows = [];
  if (d.issuedAt !== null) rows.push([t.document, t['document-unchanged'].replace('{form}', d.media === 'application/pdf' ? 'PDF' : 'OFD')]);
  if (d.expires !== null) rows.push([t['copy-until'], timeText(d.expires - 1, lang)]);
  if (d.seal) {
    const time = timeText(Date.parse(d.seal.signed_at) / 1000, lang);
    rows.push([t.seal, `${d.seal.name}\n${t['seal-by']}${d.seal.signer}\n${t['seal-on']}${time}`, { id: 'seal' }]);
  }
  return rows;
}

/** @param {Report} r @param {Lang} lang @returns {HTMLElement} */
function needs(r, lang) {
  const names = [...new Set(r.needs.map((n) => NEEDS[lang][n.what] ?? n.what))];
  return el('p', { class: 'notice', id: 'needs' }, `${LABELS[lang].needs}: ${names.join(lang === 'zh' ? '、' : ', ')}`);
}

/** @param {Report} r @param {Lang} lang @returns {HTMLElement[]} */
function disclosed(r, lang) {
  const t = LABELS[lang];
  /** @type {[string, string][]} */
  const rows = Object.entries(r.disclosed).map(([name, value]) => {
    const label = r.manifest ? fieldLabelOf(r, name, lang) : fieldLabel(name, lang);
    if (typeof value === 'boolean') return [label, value ? t.yes : t.no];
    if (typeof value === 'string' || !/_fen$/.test(name)) return [label, valueText(name, value, lang)];
    return [label.replace('（分', '（元').replace(/\bfen\b/, 'yuan'), fenText(value, lang)]; // shown as people count it
  });
  return [el('h2', {}, t.disclosed), el('p', { class: 'hint' }, t['disclosed-hint']), table(rows)];
}

/**
 * A way to bring along what witnesses and chain say, for a certificate that has a receipt and is open there. Not fetched:
 * a size names a batch of certificates, so asking for its proof would tell the server roughly which one is checked.
 * @param {Report} r @param {Lang} lang @param {(files: File[]) => void} take @returns {HTMLElement[]}
 */
function more(r, lang, take) {
  if (r.outcome === FAILED || r.levels.L3 !== 'OK') return []; // nothing that is added makes that good
  if (![r.levels.L4, r.levels.L5].some((reason) => outcomeOf(reason) === INDETERMINATE)) return [];
  const t = LABELS[lang];
  const input = el('input', { type: 'file', id: 'evidence', class: 'visually-hidden', multiple: '', 'aria-describedby': 'evidence-hint' });
  input.addEventListener('change', () => take([.../** @type {HTMLInputElement} */ (input).files ?? []]));
  return [el('div', { class: 'more' }, input, el('label', { for: 'evidence', class: 'way' }, t.evidence), el('p', { id: 'evidence-hint', class: 'hint' }, t['evidence-hint']))];
}

/** @param {Report} r @param {Lang} lang @returns {HTMLElement} */
function details(r, lang) {
  const t = LABELS[lang];
  const steps = el('ul');
  for (const f of r.findings) {
    steps.append(el('li', {}, `${t.step} ${f.step}: `, el('code', {}, f.reason), ` (${f.clause}) ${f.detail}`));
  }
  return el('details', {},
    el('summary', {}, t.details),
    el('p', {}, `${t.reason}: `, el('code', { id: 'reason-code' }, r.reason)),
    steps,
    el('p', {}, `${t.trust}: ${t.sequence.replace('{n}', String(r.trustSequence))}`),
    el('p', {}, `${t.root}: `, el('code', {}, r.trustRoot)));
}
