// Runs a built program after the set-up: node scripts/run.mjs PROGRAM [ARGUMENT …].
// The program gets this process: its arguments, its streams, its signals, its exit code.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fail, setup } from './setup.mjs';

const [, , program, ...args] = process.argv;
if (program === undefined) {
  process.stderr.write('usage: node scripts/run.mjs PROGRAM [ARGUMENT …]\n');
  process.exit(2);
}
try {
  setup();
} catch (error) {
  fail(error);
}
const path = join(dirname(dirname(fileURLToPath(import.meta.url))), program);
process.argv = [process.execPath, path, ...args];
// npm moves to the checkout; what the user names is meant from where the user stands.
if (process.env['INIT_CWD'] !== undefined) process.chdir(process.env['INIT_CWD']);
await import(pathToFileURL(path).href);
