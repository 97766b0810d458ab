/** The verify page. Inputs come in four ways and in the address; all end in `check`. */
import { Camera, cameraProblem } from './camera.js';
import { Checker } from './checker.js';
import { Decoder, DecoderError } from './decoder.js';
import { byId } from './dom.js';
import { started, wireFiles } from './files.js';
import { codeFromHash, looksLikeCode, sortFile, tidyCode } from './inputs.js';
import { resultNodes } from './result.js';
import { PAGE, PROBLEMS } from './texts.js';

const checker = new Checker();
const decoder = new Decoder();
const camera = new Camera(byId('video'), decoder, looksLikeCode);

/** @typedef {{data: string | Uint8Array, evidence: import('./checker.js').Evidence}} Question what is checked, kept as long as its answer is shown */
/** @type {{lang: import('./texts.js').Lang, report: import('../verifier/report.js').Report | null | undefined, question: Question | null, problem: string | null}} */
const state = { lang: storedLanguage(), report: undefined, question: null, problem: null };
const MAX_FILES = 16; // a certificate and its evidence; more is a folder that was dropped by mistake

/** Serial of the latest thing that was asked for: what an earlier one finds out is dropped, never shown as the answer to another. */
let turn = 0;

/** @returns {'zh' | 'en'} */
function storedLanguage() {
  try {
    return localStorage.getItem('language') === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage may be forbidden; the page works without
  }
}

function render() {
  const words = PAGE[state.lang];
  document.documentElement.lang = state.lang === 'zh' ? 'zh-CN' : 'en';
  document.title = words['document-title'];
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = words[node.getAttribute('data-t') ?? ''];
  const button = byId('language');
  button.textContent = words.language;
  button.lang = state.lang === 'zh' ? 'en' : 'zh-CN';
  button.setAttribute('aria-label', words['language-label']);
  byId('problem').hidden = state.problem === null;
  byId('problem').textContent = state.problem === null ? '' : PROBLEMS[state.lang][state.problem];
  const shown = state.report !== undefined;
  const unfolded = byId('result').querySelector('details')?.open ?? false; // a switch of language must not fold it up
  byId('ask').hidden = shown || !byId('camera').hidden;
  byId('result').hidden = !shown;
  byId('result').replaceChildren(
    ...(state.report === undefined ? [] : resultNodes(state.report, state.lang, { again, print: () => window.print(), take: takeFiles })),
  );
  byId('result').querySelector('details')?.toggleAttribute('open', unfolded);
}

/** @param {string} name */
function problem(name) {
  state.problem = name;
  busy('');
  render();
  byId('problem').scrollIntoView({ block: 'nearest' });
}

/**
 * Answer one question. The former answer, problem and camera go at once: nothing on the page may belong to another.
 * @param {(current: () => boolean) => Promise<void>} action `current`: whether nothing else was asked meanwhile
 */
async function ask(action) {
  const mine = ++turn;
  closeCamera();
  state.report = undefined;
  state.question = null;
  state.problem = null;
  busy('');
  render();
  try {
    await action(() => mine === turn);
  } catch (error) {
    if (mine === turn) {
      closeCamera();
      problem(error instanceof DecoderError ? 'no-decoder' : 'failed');
    }
    if (!(error instanceof DecoderError)) throw error;
  }
}

/** Progress and, at the end, the outcome, for screen readers. @param {string} text */
function busy(text) {
  byId('busy').textContent = text;
}

/** @param {string | Uint8Array} data @param {() => boolean} current @param {import('./checker.js').Evidence} [evidence] */
async function check(data, current, evidence = { checkpoints: [], proofs: [] }) {
  busy(PAGE[state.lang].checking);
  const report = await checker.check(data, evidence);
  if (!current()) return;
  state.report = report;
  state.question = { data, evidence };
  render();
  const heading = byId('outcome');
  const sentence = heading.nextElementSibling?.textContent ?? '';
  busy('');
  heading.setAttribute('aria-label', `${heading.textContent}. ${sentence}`);
  heading.focus();
  byId('result').scrollIntoView({ block: 'start' });
}

function again() {
  turn++;
  state.report = undefined;
  state.question = null;
  state.problem = null;
  byId('text').value = '';
  byId('file').value = '';
  render();
  byId('title').focus();
}

/** @param {Blob} file @returns {Promise<import('./inputs.js').Input>} */
function sorted(file) {
  return sortFile(file).catch(() => ({ kind: /** @type {const} */ ('problem'), name: 'not-picture' })); // a folder, or gone
}

/** One certificate, and beside it what logs, witnesses and chain say about it; that alone belongs to the answer shown. @param {File[]} files */
function takeFiles(files) {
  const shown = state.question;
  return ask(async (current) => {
    const inputs = files.length > MAX_FILES ? [] : await Promise.all(files.map(sorted));
    if (!current()) return;
    const broken = inputs.find((i) => i.kind === 'problem');
    const rest = inputs.filter((i) => i.kind !== 'checkpoint' && i.kind !== 'proof');
    if (broken?.kind === 'problem') return problem(broken.name);
    if (!inputs.length || rest.length > 1) return problem('several'); // one answer for many would be read as the answer to each
    const bytes = (/** @type {string} */ kind) => inputs.flatMap((i) => (i.kind === kind && 'bytes' in i ? [i.bytes] : []));
    const evidence = { checkpoints: bytes('checkpoint'), proofs: bytes('proof') };
    const [input] = rest;
    if (input === undefined) {
      if (!shown) return problem('evidence-alone');
      return check(shown.data, current, { checkpoints: [...shown.evidence.checkpoints, ...evidence.checkpoints], proofs: [...shown.evidence.proofs, ...evidence.proofs] });
    }
    if (input.kind === 'file') return check(input.bytes, current, evidence);
    if (input.kind === 'code') return check(input.code, current, evidence);
    return takePicture(files[inputs.indexOf(input)], current, evidence);
  });
}

/** @param {Blob} file @param {() => boolean} current @param {import('./checker.js').Evidence} evidence */
async function takePicture(file, current, evidence) {
  busy(PAGE[state.lang].reading);
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    if (current()) problem('not-picture');
    return;
  }
  const texts = await decoder.picture(picture).finally(() => picture.close());
  if (!current()) return;
  const code = texts.find(looksLikeCode);
  if (code !== undefined) await check(code, current, evidence);
  else problem(texts.length ? 'other-code' : 'no-code');
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
      closeCamera();
      problem(cameraProblem(error));
      byId('scan').focus();
      return;
    }
    const code = await seenCode();
    if (code === null || !current()) return;
    closeCamera();
    await check(code, current);
  });
}

/** @returns {Promise<string | null>} */
function seenCode() {
  const status = byId('camera-status');
  return camera.scan((other) => {
    const key = other ? 'camera-other' : 'camera-looking';
    if (status.dataset.t !== key) {
      status.dataset.t = key;
      status.textContent = PAGE[state.lang][key];
    }
  });
}

function closeCamera() {
  camera.close();
  byId('camera').hidden = true;
}

/** The person leaves the camera, by the button or by leaving the page. */
function stop() {
  if (byId('camera').hidden) return;
  turn++;
  closeCamera();
  render();
}

/** The fragment is read once and taken out of the address and the history: a shoulder or a sync service must not find it. */
function takeHash() {
  const code = codeFromHash(location.hash);
  if (code === null) return;
  history.replaceState(null, '', location.pathname);
  void ask((current) => check(code, current));
}

byId('language').addEventListener('click', () => {
  state.lang = state.lang === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem('language', state.lang);
  } catch {
    // storage may be forbidden; the choice then lasts as long as the page
  }
  render();
});
byId('scan').addEventListener('click', scan);
byId('stop').addEventListener('click', () => {
  stop();
  byId('scan').focus();
});
wireFiles((files) => void takeFiles(files));
byId('paste').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value;
  void ask(async (current) => (text.trim() ? check(tidyCode(text), current) : problem('empty')));
});
window.addEventListener('hashchange', takeHash);
window.addEventListener('pagehide', stop);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stop();
});

render();
started();
takeHash(); // at once: the code must not stand in the address while a slow network is waited for
void checker.loadTrust();
