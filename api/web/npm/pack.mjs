/** Builds the npm package from the page's verifier and packs it. Usage: `node npm/pack.mjs [folder]` after `npm ci`; prints the tarball's name. */
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../../..');
const target = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const stage = mkdtempSync(join(tmpdir(), 'minzheng-npm-'));
try {
  // Not minified: who audits the package can read it, and finds every function of the sources by its name.
  await build({
    entryPoints: [join(HERE, 'index.js')],
    bundle: true,
    format: 'esm',
    target: ['es2022'],
    platform: 'neutral',
    charset: 'utf8',
    legalComments: 'none',
    outfile: join(stage, 'index.js'),
    absWorkingDir: join(HERE, '..'),
    logLevel: 'warning',
  });
  for (const name of ['package.json', 'index.d.ts', 'README.md']) cpSync(join(HERE, name), join(stage, name));
  for (const name of ['report.schema.json', 'trace.schema.json']) cpSync(join(ROOT, 'verifier', name), join(stage, name));
  cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  const notices = ['@noble/curves', '@noble/hashes'].map((name) => {
    const at = join(HERE, '../node_modules', name);
    const { version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(join(at, 'LICENSE'), 'utf8').trim()}\n`;
  });
  writeFileSync(join(stage, 'licenses.txt'), notices.join(`\n${'-'.repeat(60)}\n\n`));
  mkdirSync(target, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const made = execFileSync(npm, ['pack', '--silent', '--offline', '--ignore-scripts', '--pack-destination', target], { cwd: stage, encoding: 'utf8' });
  console.log(join(target, made.trim().split('\n').pop() ?? ''));
} finally {
  rmSync(stage, { recursive: true, force: true });
}
