/**
 * Unpacks the Chromium of @sparticuz/chromium beside node_modules and prints {"executable", "libraries"} as JSON.
 * The package carries the few shared libraries that a bare system lacks; it unpacks them only where it believes itself
 * in a certain cloud, hence the variable.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.chromium');
mkdirSync(directory, { recursive: true });
process.env.TMPDIR = directory;
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x';
const { default: chromium } = await import('@sparticuz/chromium');
const executable = await chromium.executablePath();
console.log(JSON.stringify({ executable, libraries: join(directory, 'al2023', 'lib') }));
