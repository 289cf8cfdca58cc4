// The tests: set-up, format, lint, types, then jest: unit, property and end-to-end tests, and then
// the tests on a real network, which is brought up for them and removed afterwards.
// `npm test -- PATTERN …` runs only the jest tests whose path matches. Where the tools of the network
// cannot be had, its tests do not run, which is said loudly; with EMR_REQUIRE_NETWORK=1 that fails.
// EMR_NETWORK_DIR names a running network to use instead. Closes with one line: N passed, N failed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, setup } from './setup.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (...path) => join(ROOT, 'node_modules', ...path);
const JEST = ['--experimental-vm-modules', '--no-warnings', bin('jest', 'bin', 'jest.js')];
const LONG_STEP_MS = 10_000;
const NOTHING = { passed: 0, failed: 0, skipped: 0 };
/** Projects of jest, one after the other. */
const ON_NETWORK = ['network', 'network-lasting'];

const CHECKS = [
  ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['lint', [bin('eslint', 'bin', 'eslint.js'), '--max-warnings=0', '.']],
  ['types of sources and tests', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json']],
];

// Whoever read along may be gone first: that must not keep the network from being removed.
process.stdout.on('error', () => undefined);
const say = (text) => process.stdout.write(`${text}\n`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Aborts at the first SIGINT or SIGTERM: what runs is ended, and the network is removed. */
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    if (!interruption.signal.aborted) say('Interrupted: cleaning up …');
    interruption.abort();
  });
}

/** Runs a program of Node. @returns whether it ended well, and its output where that is piped. */
function runNode(args, { env = {}, stdout = 'inherit' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', stdout, 'inherit'],
      env: { ...process.env, ...env },
      signal: interruption.signal,
      killSignal: 'SIGTERM',
    });
    let text = '';
    child.stdout?.on('data', (chunk) => (text += String(chunk)));
    child.on('error', () => undefined);
    child.on('close', (code) => resolve({ passed: code === 0, text }));
  });
}

const sum = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The option takes every word up to the next option. */
const projects = (...names) => ['--selectProjects', ...names, '--passWithNoTests'];

async function runChecks() {
  const results = [];
  for (const [name, args] of CHECKS) {
    const started = Date.now();
    const { passed } = await runNode(args);
    say(`${passed ? 'ok' : 'FAILED'}: ${name} (${seconds(started)})`);
    results.push(passed);
  }
  return {
    passed: results.filter(Boolean).length,
    failed: results.filter((passed) => !passed).length,
    skipped: 0,
  };
}

/** Runs jest; counts its tests, and a suite that could not run as one failure. */
async function runJest(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'emr-share-test-'));
  const report = join(folder, 'report.json');
  try {
    const { passed } = await runNode([...JEST, '--json', `--outputFile=${report}`, ...args], {
      env: { CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR', ...env },
    });
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
    const result = JSON.parse(readFileSync(report, 'utf8'));
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return {
      passed: result.numPassedTests,
      failed: failed === 0 && !passed ? 1 : failed,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether any test on a real network matches. */
async function wantsNetwork(patterns) {
  const list = [...JEST, '--listTests', ...projects(...ON_NETWORK), ...patterns];
  const { text } = await runNode(list, { stdout: 'pipe' });
  return text.split('\n').some((line) => line.endsWith('.ts'));
}

/** Notes, and the steps that take long; the others would only scroll by. */
function onProgress(event) {
  if (event.kind === 'note') say(`  ${event.text}`);
  if (event.kind === 'started' && event.estimateMs >= LONG_STEP_MS) {
    say(`  ${event.title}: some ${Math.ceil(event.estimateMs / 1000)} s`);
  }
  if (event.kind === 'failed') say(`  ${event.title}: ${event.problem}`);
}

/** Why the tools of the network cannot be had; `null` where they can. */
async function toolsProblem() {
  const { loadTopology, resolveTools } = await import('../network/dist/index.js');
  const { signal } = interruption;
  try {
    await resolveTools((await loadTopology('dev')).tools, { onProgress, signal });
    return null;
  } catch (error) {
    return error.message;
  }
}

async function runOnNetwork(patterns) {
  const jest = async (dir) => {
    let total = NOTHING;
    for (const project of ON_NETWORK) {
      const args = [...projects(project), '--runInBand', ...patterns];
      total = sum(total, await runJest(args, { EMR_NETWORK_DIR: dir }));
    }
    return total;
  };
  const running = process.env['EMR_NETWORK_DIR'] ?? '';
  if (running !== '') return jest(running);
  const problem = await toolsProblem();
  if (problem !== null) {
    const isRequired = process.env['EMR_REQUIRE_NETWORK'] === '1';
    say(`ATTENTION: the tests on a real network do NOT run: ${problem}`);
    return { passed: 0, failed: isRequired ? 1 : 0, skipped: 0 };
  }
  const { openOwnNetwork } = await import('../cli/dist/consortium/index.js');
  const started = Date.now();
  say('Bringing a network up …');
  let network;
  try {
    network = await openOwnNetwork({ onProgress, signal: interruption.signal });
  } catch (error) {
    say(`FAILED: bringing a network up: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  say(`ok: the network is up (${seconds(started)})`);
  try {
    return await jest(network.dir);
  } finally {
    await network[Symbol.asyncDispose]();
  }
}

try {
  setup();
} catch (error) {
  fail(error);
}
const shared = (name) => join(ROOT, '..', 'shared', name);
const data = process.env['EMR_SHARED_DATA'] ?? shared('data');
if (existsSync(data)) process.env['EMR_SHARED_DATA'] = data;
else say(`ATTENTION: no real FHIR and DICOM files at ${data}: tests use generated ones only.`);
if (existsSync(shared('sources'))) process.env['EMR_SOURCES'] ??= shared('sources');

const patterns = process.argv.slice(2);
const { signal } = interruption;
const stages = [
  ...(patterns.length === 0 ? [runChecks] : []),
  () => runJest([...projects('unit', 'e2e'), ...patterns]),
  async () => ((await wantsNetwork(patterns)) ? runOnNetwork(patterns) : NOTHING),
];
let total = NOTHING;
for (const stage of stages) {
  if (signal.aborted) break;
  total = sum(total, await stage());
}
const { passed, failed, skipped } = total;
say(
  `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`,
);
process.exitCode = signal.aborted ? 130 : failed === 0 && passed > 0 ? 0 : 1;
