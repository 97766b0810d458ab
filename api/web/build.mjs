/**
 * Builds the verify page into dist/: bundled modules with hashed names, the page, gzip and brotli beside each file, and
 * size.json. Usage: `node build.mjs` after `npm ci`. Fails if the page outgrows its budget.
 */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const BUDGET = 150_000; // bytes over the wire, gzip, everything the page can ever load

const common = { bundle: true, minify: true, target: ['es2022'], legalComments: 'none', charset: 'utf8', absWorkingDir: HERE, metafile: true, logLevel: 'warning' };

/** @param {string} name @param {string} text */
function hashed(name, text) {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  const file = name.replace(/\.(\w+)$/, `.${digest}.$1`);
  writeFileSync(join(DIST, file), text);
  return file;
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });

const worker = await build({ ...common, entryPoints: ['src/page/qr-worker.js'], format: 'iife', write: false });
const workerFile = hashed('qr-worker.js', worker.outputFiles[0].text);
await build({
  ...common,
  entryPoints: { verify: 'src/page/main.js', verifier: 'src/verifier/index.js' },
  format: 'esm',
  splitting: true,
  outdir: 'dist',
  entryNames: '[name]',
  chunkNames: 'shared.[hash]',
  define: { WORKER_URL: JSON.stringify(`/static/${workerFile}`) },
});
// verifier.js keeps its plain name: it is the address that tests, benchmarks and other pages import
const script = readFileSync(join(DIST, 'verify.js'), 'utf8');
rmSync(join(DIST, 'verify.js'));
const style = await build({ ...common, entryPoints: ['pages/style.css'], write: false });
const names = { 'verify.js': hashed('verify.js', script), 'style.css': hashed('style.css', style.outputFiles[0].text) };
const page = readFileSync(join(HERE, 'pages/verify.html'), 'utf8').replace(/\{\{([\w.]+)\}\}/g, (_, name) => {
  if (!(name in names)) throw new Error(`verify.html: unknown asset ${name}`);
  return `/static/${names[/** @type {keyof typeof names} */ (name)]}`;
});
writeFileSync(join(DIST, 'verify.html'), page);

/** The libraries in the bundle are under MIT or Apache-2.0: their notices travel with it. */
const used = ['@noble/curves', '@noble/hashes', 'qr'];
const notices = used.map((name) => {
  const { version } = JSON.parse(readFileSync(join(HERE, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(HERE, 'node_modules', name, 'LICENSE'), 'utf8').trim()}\n`;
});
writeFileSync(join(DIST, 'licenses.txt'), notices.join(`\n${'-'.repeat(60)}\n\n`));

/** @type {Record<string, {raw: number, gzip: number, brotli: number}>} */
const files = {};
for (const name of readdirSync(DIST).sort()) {
  const raw = readFileSync(join(DIST, name));
  const gz = gzipSync(raw, { level: 9 });
  const br = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
  writeFileSync(join(DIST, `${name}.gz`), gz);
  writeFileSync(join(DIST, `${name}.br`), br);
  files[name] = { raw: raw.length, gzip: gz.length, brotli: br.length };
}
const total = { raw: 0, gzip: 0, brotli: 0 };
for (const [name, size] of Object.entries(files)) if (name !== 'licenses.txt') for (const k of /** @type {const} */ (['raw', 'gzip', 'brotli'])) total[k] += size[k];
writeFileSync(join(DIST, 'size.json'), JSON.stringify({ budget_gzip: BUDGET, total, files }, null, 1) + '\n');
console.log(`verify page: ${total.gzip} bytes gzip, ${total.brotli} brotli, of ${BUDGET}`);
if (total.gzip > BUDGET) throw new Error('the page is over its budget');
