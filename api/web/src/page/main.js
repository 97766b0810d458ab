/** The verify page. Inputs come in four ways and in the address; all end in `check`. */
import { Camera, cameraProblem } from './camera.js';
import { Checker } from './checker.js';
import { Decoder } from './decoder.js';
import { byId } from './dom.js';
import { codeFromHash, looksLikeCode, sortFile, tidyCode } from './inputs.js';
import { resultNodes } from './result.js';
import { PAGE, PROBLEMS } from './texts.js';

const checker = new Checker();
const decoder = new Decoder();
const camera = new Camera(byId('video'), decoder);

/** @type {{lang: import('./texts.js').Lang, report: import('../verifier/report.js').Report | null | undefined, problem: string | null}} */
const state = { lang: storedLanguage(), report: undefined, problem: null };

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
  byId('ask').hidden = shown || !byId('camera').hidden;
  byId('result').hidden = !shown;
  byId('result').replaceChildren(
    ...(state.report === undefined ? [] : resultNodes(state.report, state.lang, { again, print: () => window.print() })),
  );
}

/** @param {string} name */
function problem(name) {
  state.problem = name;
  busy('');
  render();
  byId('problem').scrollIntoView({ block: 'nearest' });
}

/** Progress and, at the end, the outcome, for screen readers. @param {string} text */
function busy(text) {
  byId('busy').textContent = text;
}

/** @param {string | Uint8Array} data */
async function check(data) {
  state.problem = null;
  busy(PAGE[state.lang].checking);
  state.report = await checker.check(data);
  render();
  const heading = byId('outcome');
  const sentence = heading.nextElementSibling?.textContent ?? '';
  busy('');
  heading.setAttribute('aria-label', `${heading.textContent}. ${sentence}`);
  heading.focus();
  byId('result').scrollIntoView({ block: 'start' });
}

function again() {
  state.report = undefined;
  state.problem = null;
  byId('text').value = '';
  byId('file').value = '';
  render();
  byId('title').focus();
}

/** @param {Blob} file */
async function takeFile(file) {
  state.problem = null;
  const input = await sortFile(file);
  if (input.kind === 'problem') problem(input.name);
  else if (input.kind === 'file') await check(input.bytes);
  else if (input.kind === 'code') await check(input.code);
  else await takePicture(file);
}

/** @param {Blob} file */
async function takePicture(file) {
  busy(PAGE[state.lang].reading);
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    problem('not-picture');
    return;
  }
  const texts = await decoder.picture(picture);
  picture.close();
  const code = texts.find(looksLikeCode) ?? texts[0];
  if (code === undefined) problem('no-code');
  else await check(code);
}

async function scan() {
  state.problem = null;
  byId('camera').hidden = false;
  render();
  byId('camera-title').focus();
  try {
    await camera.open();
  } catch (error) {
    stop();
    problem(cameraProblem(error));
    return;
  }
  const status = byId('camera-status');
  const code = await camera.scan((other) => {
    const key = other ? 'camera-other' : 'camera-looking';
    if (status.dataset.t !== key) {
      status.dataset.t = key;
      status.textContent = PAGE[state.lang][key];
    }
  });
  if (code === null) return;
  stop();
  await check(code);
}

function stop() {
  camera.close();
  byId('camera').hidden = true;
  render();
}

/** The fragment is read once and taken out of the address and the history: a shoulder or a sync service must not find it. */
function takeHash() {
  const code = codeFromHash(location.hash);
  if (code === null) return;
  history.replaceState(null, '', location.pathname);
  void check(code);
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
byId('file').addEventListener('change', () => {
  const file = byId('file').files?.[0];
  if (file) void takeFile(file);
});
byId('paste').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value;
  if (text.trim()) void check(tidyCode(text));
  else problem('empty');
});
const drop = byId('drop');
for (const type of ['dragover', 'dragleave', 'drop']) {
  // on the whole window: a file dropped beside the box must not replace the page
  window.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', type === 'dragover');
  });
}
window.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0];
  if (file) void takeFile(file);
});
window.addEventListener('hashchange', takeHash);
window.addEventListener('pagehide', () => camera.close());

render();
void checker.loadTrust().then(takeHash);
