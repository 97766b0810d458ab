/**
 * Builds the pages into dist/: bundled modules with hashed names, the pages, gzip and brotli beside each file, and
 * size.json. Usage: `node build.mjs` after `npm ci`. Fails if a page outgrows its budget.
 */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
/** Bytes over the wire, gzip, everything that a page can ever load. */
const BUDGET = 150_000; // of the verify page
/**
 * The other pages: `pages/<name>.html` and `pages/<style>.css`, `src/<entry>.js`, and a budget. Each is a bundle of its own, so
 * that nothing in it makes the public check heavier; no two share a file but the notices and the worker that reads pictures.
 * @type {Record<string, {entry?: string, style?: string, budget: number}>}
 */
const PAGES = {
  holder: { budget: 64_000 },
  console: { budget: 80_000 },
  regulator: { style: 'console', budget: 60_000 },
  charity: { budget: 24_000 },
  donor: { budget: 32_000 }, // and the verifier, as the verify page has it
};

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
writePage('verify.html', names);

/** @type {Map<string, Set<string>>} files of each of the other pages */
const filesOf = new Map();
for (const [page, { entry = `${page}/main`, style: sheet = page }] of Object.entries(PAGES)) {
  const bundle = await build({ ...common, entryPoints: [`src/${entry}.js`], format: 'esm', external: ['/static/*'], write: false, define: { WORKER_URL: JSON.stringify(`/static/${workerFile}`) } });
  const sheets = await build({ ...common, entryPoints: [`pages/${sheet}.css`], write: false });
  const built = { [`${page}.js`]: hashed(`${page}.js`, bundle.outputFiles[0].text), [`${sheet}.css`]: hashed(`${sheet}.css`, sheets.outputFiles[0].text) };
  writePage(`${page}.html`, built);
  filesOf.set(page, new Set([`${page}.html`, ...Object.values(built)]));
}

/** @param {string} file @param {Record<string, string>} assets built names by those in the page */
function writePage(file, assets) {
  const page = readFileSync(join(HERE, 'pages', file), 'utf8').replace(/\{\{([\w.]+)\}\}/g, (_, name) => {
    if (!Object.hasOwn(assets, name)) throw new Error(`${file}: unknown asset ${name}`);
    return `/static/${assets[name]}`;
  });
  writeFileSync(join(DIST, file), page);
}

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
/** @param {(name: string) => boolean} counts */
function sum(counts) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const [name, size] of Object.entries(files)) if (name !== 'licenses.txt' && counts(name)) for (const k of /** @type {const} */ (['raw', 'gzip', 'brotli'])) total[k] += size[k];
  return total;
}
const others = new Set([...filesOf.values()].flatMap((names) => [...names]));
const total = sum((name) => !others.has(name));
const totals = Object.entries(PAGES).map(([page, { budget }]) => /** @type {const} */ ([page, { budget_gzip: budget, total: sum((name) => filesOf.get(page)?.has(name) ?? false) }]));
writeFileSync(join(DIST, 'size.json'), JSON.stringify({ budget_gzip: BUDGET, total, ...Object.fromEntries(totals), files }, null, 1) + '\n');
for (const [name, size, budget] of [/** @type {const} */ (['verify', total, BUDGET]), ...totals.map(([page, { budget_gzip, total: size }]) => /** @type {const} */ ([page, size, budget_gzip]))]) {
  console.log(`${name} page: ${size.gzip} bytes gzip, ${size.brotli} brotli, of ${budget}`);
  if (size.gzip > budget) throw new Error(`the ${name} page is over its budget`);
}
