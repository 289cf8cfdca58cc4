// The fault drills, one after the other, on a network that is brought up for them: one line for each,
// and as the last one: N passed, N failed. `npm run test:drills -- leader kubo` runs only those.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fail, setup } from './setup.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const HOLD_MS = 6_000;
const INTERRUPTED = 130;

try {
  setup();
} catch (error) {
  fail(error);
}
const { DRILL_NAMES, openOwnNetwork, resultLine, runDrill } = await import(
  pathToFileURL(join(ROOT, 'cli', 'dist', 'drill', 'index.js')).href
);

// Whoever read along may be gone first: that must not keep the network from being removed.
process.stdout.on('error', () => undefined);
const say = (text) => process.stdout.write(`${text}\n`);
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interruption.abort());
const { signal } = interruption;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !DRILL_NAMES.includes(name));
if (unknown.length > 0) {
  say(`there is no drill ${unknown.join(', ')}; there are: ${DRILL_NAMES.join(', ')}`);
  process.exit(2);
}
const names = wanted.length === 0 ? DRILL_NAMES : wanted;

/** Runs one drill. @returns whether it passed */
async function run(name, dir) {
  const notes = [];
  const started = Date.now();
  const note = (text) => notes.push(`${((Date.now() - started) / 1000).toFixed(1)} s: ${text}`);
  try {
    const result = await runDrill(name, { dir, holdMs: HOLD_MS, signal, note });
    say(resultLine(result));
    if (!result.passed) say(JSON.stringify(result, null, 2));
    return result.passed;
  } catch (error) {
    signal.throwIfAborted();
    say(`FAILED: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    for (const text of notes) say(`  ${text}`);
    return false;
  }
}

async function runAll() {
  const basePort = process.env['EMR_DRILL_BASE_PORT'];
  const network = await openOwnNetwork({
    basePort: basePort === undefined ? undefined : Number(basePort),
    signal,
    onProgress: (event) => {
      if (event.kind === 'note') say(event.text);
    },
  });
  let passed = 0;
  try {
    for (const name of names) if (await run(name, network.dir)) passed += 1;
  } finally {
    await network[Symbol.asyncDispose]();
  }
  return passed;
}

let passed = 0;
try {
  passed = await runAll();
} catch (error) {
  if (signal.aborted) process.exit(INTERRUPTED);
  say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
}
const failed = names.length - passed;
say(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 ? 0 : 1;
