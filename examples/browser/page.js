/**
 * Checks a file or a code with the npm package, in this browser. Beside this file belong `minzheng-verify.js` (index.js of
 * the package), `trust-bundle.cbor` and `status-list.cbor`, which you fetch and replace as `mz-trust update` does.
 */
import { TrustBundle, Verifier, verify } from './minzheng-verify.js';

/** The pin: SM3 of the root key, as you were handed it. Written by whoever deploys the page. @type {string} */
const ROOT = (await (await fetch('root.txt')).text()).trim();
const bytes = async (/** @type {string} */ name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const verifier = new Verifier(new TrustBundle(await bytes('trust-bundle.cbor'), ROOT), [await bytes('status-list.cbor')]);

const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const WORDS = { PASSED: '核验通过', FAILED: '核验不通过', INDETERMINATE: '无法确定（不是“不通过”）' };

/** @param {string | Uint8Array} source */
function show(source) {
  const report = verify(source, { trust: verifier });
  const lines = [`${WORDS[report.outcome]} ${report.outcome} ${report.reason}`, `L: ${report.level ?? '-'}`];
  for (const [name, value] of Object.entries(report.disclosed)) lines.push(`${report.labels[name].zh}: ${value}`);
  for (const need of report.needs) lines.push(`? ${need.what} ${need.ref}`);
  element('result').textContent = lines.join('\n'); // text, never markup: what is signed was typed by somebody
  element('result').dataset.outcome = report.outcome;
}

element('file').addEventListener('change', async (/** @type {any} */ event) => {
  const [file] = event.target.files;
  if (file) show(new Uint8Array(await file.arrayBuffer()));
});
element('check').addEventListener('click', () => show(element('code').value.trim()));
element('result').textContent = '';
