// The tests: set-up, format, lint, types, then jest over unit, property and end-to-end tests.
// `npm test -- PATTERN …` runs only the jest tests whose path matches. Closes with one line:
// N passed, N failed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, setup } from './setup.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (...path) => join(ROOT, 'node_modules', ...path);

const CHECKS = [
  ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['lint', [bin('eslint', 'bin', 'eslint.js'), '--max-warnings=0', '.']],
  ['types of sources and tests', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json']],
];

const say = (text) => process.stdout.write(`${text}\n`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

function runNode(args, env = {}) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return status === 0;
}

function runChecks() {
  return CHECKS.map(([name, args]) => {
    const started = Date.now();
    const passed = runNode(args);
    say(`${passed ? 'ok' : 'FAILED'}: ${name} (${seconds(started)})`);
    return passed;
  });
}

/** Runs jest; counts its tests, and a suite that could not run as one failure. */
function runJest(patterns) {
  const folder = mkdtempSync(join(tmpdir(), 'emr-share-test-'));
  const report = join(folder, 'report.json');
  try {
    const passed = runNode(
      [
        '--experimental-vm-modules',
        '--no-warnings',
        bin('jest', 'bin', 'jest.js'),
        '--json',
        `--outputFile=${report}`,
        ...patterns,
      ],
      { CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR' },
    );
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

try {
  setup();
} catch (error) {
  fail(error);
}
const data = process.env['EMR_SHARED_DATA'] ?? join(ROOT, '..', 'shared', 'data');
if (existsSync(data)) process.env['EMR_SHARED_DATA'] = data;
else say(`ATTENTION: no real FHIR and DICOM files at ${data}: tests use generated ones only.`);

const patterns = process.argv.slice(2);
const checks = patterns.length === 0 ? runChecks() : [];
const tests = runJest(patterns);
const passed = tests.passed + checks.filter(Boolean).length;
const failed = tests.failed + checks.filter((ok) => !ok).length;
say(
  `${String(passed)} passed, ${String(failed)} failed${tests.skipped > 0 ? `, ${String(tests.skipped)} skipped` : ''}`,
);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
