/** The donor's page. A receipt code comes in four ways and in the address; all end in `trace`. Nothing is kept but the language. */
import { byId, el } from '../page/dom.js';
import { Camera, cameraProblem } from '../page/camera.js';
import { Decoder, DecoderError } from '../page/decoder.js';
import { started, wireFiles } from '../page/files.js';
import { save } from '../keyed/parts.js';
import { Later, Missing, Outage, post } from './client.js';
import { looksLikeReceipt, parseReceipt, parseWatch } from './code.js';
import { said } from './texts.js';
import { fetchTrace, isTrace, look } from './trace.js';
import { resultNodes } from './view.js';
import { problemOf, tokenView, watchForm } from './watch.js';

const MAX_TRACE = 4 << 20; // bytes
const MAX_PICTURE = 30 << 20;
const decoder = new Decoder();
const camera = new Camera(byId('video'), decoder, looksLikeReceipt);

/**
 * `code`: as it was typed or scanned, for the certificate; null of a file. `link`: what an address in a mail is for.
 * @type {{lang: import('./texts.js').Lang, code: string | null, seen: import('./trace.js').Seen | null, link: ReturnType<typeof parseWatch>, problem: string | null, retry: (() => void) | null}}
 */
const state = { lang: language(), code: null, seen: null, link: null, problem: null, retry: null };
/** Serial of the latest thing asked for: what an earlier one finds out is dropped. */
let turn = 0;

/** What was chosen here before, else what the browser speaks. @returns {'zh' | 'en'} */
function language() {
  let kept = null;
  try {
    kept = localStorage.getItem('language');
  } catch {
    // storage may be forbidden; the page works without
  }
  return kept === 'zh' || kept === 'en' ? kept : /^zh\b/i.test(navigator.language) ? 'zh' : 'en';
}

function render() {
  const t = said(state.lang);
  document.documentElement.lang = state.lang === 'zh' ? 'zh-CN' : 'en';
  document.title = t('document-title');
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.getAttribute('data-t') ?? '');
  const button = byId('language');
  button.textContent = t('language');
  button.lang = state.lang === 'zh' ? 'en' : 'zh-CN';
  button.setAttribute('aria-label', t('language-label'));
  byId('problem').hidden = state.problem === null;
  byId('problem-text').textContent = state.problem === null ? '' : t(state.problem);
  byId('retry').hidden = state.retry === null;
  const shown = state.seen !== null || state.link !== null;
  byId('ask').hidden = shown || !byId('camera').hidden;
  byId('result').hidden = !shown;
  const open = [...byId('result').querySelectorAll('details')].map((d) => d.open); // a switch of language must not fold them up
  byId('result').replaceChildren(...(state.link ? [tokenView(state.link, state.lang)] : state.seen ? seenNodes(state.seen) : []));
  for (const [i, d] of [...byId('result').querySelectorAll('details')].entries()) d.open = open[i] ?? false;
}

/** @param {import('./trace.js').Seen} seen @returns {Node[]} */
function seenNodes(seen) {
  const t = said(state.lang);
  const nodes = resultNodes(seen, state.lang);
  const good = seen.report?.donation;
  const actions = el('div', { class: 'actions' });
  const add = (/** @type {string} */ id, /** @type {string} */ name, /** @type {() => void} */ action, /** @type {string} */ hinted = '') => {
    const button = el('button', { type: 'button', class: name, id, ...(hinted ? { 'aria-describedby': `${id}-hint` } : {}) }, t(id));
    button.addEventListener('click', action);
    actions.append(...(hinted ? [el('div', { class: 'with-hint' }, button, el('p', { class: 'hint', id: `${id}-hint` }, t(hinted)))] : [button]));
  };
  add('recheck', 'primary', () => void ask((current) => check(seen.fetched, current)));
  if (seen.fetched.file) add('save-trace', 'secondary', () => save(/** @type {Uint8Array} */ (seen.fetched.file), 'donation.mzd', 'application/octet-stream'), 'save-trace-hint');
  if (good && state.code) add('save-certificate', 'secondary', () => void certificate(), 'save-certificate-hint');
  add('print', 'secondary', () => window.print());
  add('again', 'secondary', again);
  const verdict = nodes.slice(0, 1);
  return [...verdict, ...nodes.slice(1), actions, el('p', { id: 'certificate-said', role: 'status' }), ...(good && seen.fetched.donation ? [watchForm(seen.fetched.donation, state.lang)] : [])];
}

/** The certificate bears the code, so the service is given it now, at this press and for this purpose. */
async function certificate() {
  const t = said(state.lang);
  const note = byId('certificate-said');
  note.textContent = t('making');
  try {
    save(await post('/v1/charity/trace/certificate', { code: state.code, lang: state.lang }), 'donation-trace.pdf', 'application/pdf');
    note.textContent = '';
  } catch (error) {
    const problem = problemOf(error);
    note.textContent = t(problem === 'later' ? 'later' : 'certificate-failed');
  }
}

/** @param {string} name @param {(() => void) | null} [retry] */
function problem(name, retry = null) {
  state.problem = name;
  state.retry = retry;
  busy('');
  render();
  byId('problem').scrollIntoView({ block: 'nearest' });
}

/** @param {string} text */
function busy(text) {
  byId('busy').textContent = text;
}

/** Answer one question; the former answer, problem and camera go at once. @param {(current: () => boolean) => Promise<void>} action */
async function ask(action) {
  const mine = ++turn;
  camera.close();
  byId('camera').hidden = true;
  Object.assign(state, { seen: null, link: null, problem: null, retry: null });
  busy('');
  render();
  try {
    await action(() => mine === turn);
  } catch (error) {
    const known = error instanceof DecoderError ? 'no-decoder' : error instanceof Later ? 'later' : error instanceof Outage ? 'outage' : error instanceof Missing ? 'missing' : null;
    if (mine === turn) problem(known ?? 'failed', known === 'missing' ? null : () => void ask(action));
    if (known === null) throw error;
  }
}

/** @param {string} text @param {() => boolean} current */
async function trace(text, current) {
  const code = parseReceipt(text);
  if (code === null) return problem(text.trim() ? 'wrong-code' : 'empty');
  state.code = text.trim();
  busy(said(state.lang)('fetching'));
  const fetched = await fetchTrace(code);
  if (!current()) return;
  if (fetched.waiting) return problem(`waiting-${fetched.waiting}`, () => void ask((now) => trace(text, now)));
  await check(fetched, current);
}

/** @param {import('./trace.js').Fetched} fetched @param {() => boolean} current */
async function check(fetched, current) {
  busy(said(state.lang)('checking'));
  const seen = await look(fetched);
  if (!current()) return;
  state.seen = seen;
  busy('');
  render();
  const heading = byId('outcome');
  heading.setAttribute('aria-label', `${heading.textContent}. ${byId('sentence').textContent}`);
  heading.focus();
  byId('result').scrollIntoView({ block: 'start' });
}

function again() {
  turn++;
  Object.assign(state, { code: null, seen: null, link: null, problem: null, retry: null });
  byId('text').value = '';
  render();
  byId('title').focus();
}

/** A trace file or a picture of a receipt. @param {File[]} files */
function takeFiles(files) {
  return ask(async (current) => {
    if (files.length !== 1) return problem('several');
    const [file] = files;
    const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
    if (isTrace(head)) {
      if (file.size > MAX_TRACE) return problem('too-large');
      state.code = null;
      const content = new Uint8Array(await file.arrayBuffer());
      return check({ donation: null, file: content, waiting: null, unit: null }, current);
    }
    if (file.size > MAX_PICTURE) return problem('too-large');
    busy(said(state.lang)('reading'));
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      if (current()) problem('not-picture');
      return;
    }
    const texts = await decoder.picture(picture).finally(() => picture.close());
    if (!current()) return;
    const code = texts.find(looksLikeReceipt);
    if (code === undefined) return problem(texts.length ? 'other-code' : 'no-code');
    await trace(code, current);
  });
}

function scan() {
  return ask(async (current) => {
    byId('camera').hidden = false;
    render();
    byId('camera-title').focus();
    try {
      if (!(await camera.open())) return;
    } catch (error) {
      if (!current()) return;
      stop();
      problem(cameraProblem(error));
      byId('scan').focus();
      return;
    }
    const status = byId('camera-status');
    const code = await camera.scan((other) => {
      status.dataset.t = other ? 'camera-other' : 'camera-looking';
      status.textContent = said(state.lang)(status.dataset.t);
    });
    if (code === null || !current()) return;
    camera.close();
    byId('camera').hidden = true;
    await trace(code, current);
  });
}

/** The person leaves the camera, by the button or by leaving the page. */
function stop() {
  if (byId('camera').hidden) return;
  turn++;
  camera.close();
  byId('camera').hidden = true;
  render();
}

/** The fragment is read once and taken out of address and history: a shoulder or a sync service must not find it. */
function takeHash() {
  const { hash } = location;
  if (hash.length < 40) return; // a link inside the page
  history.replaceState(null, '', location.pathname);
  const link = parseWatch(hash);
  if (link === null) return void ask((current) => trace(`https://this.page/d${hash}`, current));
  void ask(async () => {
    state.link = link;
    render();
    byId('outcome').focus();
  });
}

byId('language').addEventListener('click', () => {
  state.lang = state.lang === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem('language', state.lang);
  } catch {
    // the choice then lasts as long as the page
  }
  render();
});
byId('scan').addEventListener('click', scan);
byId('stop').addEventListener('click', () => {
  stop();
  byId('scan').focus();
});
byId('retry').addEventListener('click', () => state.retry?.());
wireFiles((files) => void takeFiles(files));
byId('paste').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value;
  const at = text.trim().indexOf('/d#w'); // the address of a mail, pasted
  const link = at < 0 ? null : parseWatch(text.trim().slice(at + 2));
  if (link === null) return void ask((current) => trace(text, current));
  void ask(async () => {
    state.link = link;
    render();
  });
});
window.addEventListener('hashchange', takeHash);
window.addEventListener('pagehide', stop);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stop();
});

render();
started();
takeHash();
