// Set-up that every npm script runs first: checks Node, installs from the lockfile when node_modules
// is missing or stale, builds what changed. Everything it says goes to stderr; it does nothing, and
// says nothing, when all is fresh. `node scripts/setup.mjs --help` for how to force it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MIN_NODE = [20, 19];
const INSTALL_STAMP = join(ROOT, 'node_modules', '.emr-share-install');
const BUILD_STAMP = join(ROOT, 'node_modules', '.emr-share-build');

/** A failure whose message is for the user; no stack trace. */
export class SetupError extends Error {}

const say = (text) => process.stderr.write(`${text}\n`);
const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = MIN_NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new SetupError(
    `emr-share needs Node ${MIN_NODE.join('.')} or later; this is ${process.versions.node}.`,
  );
}

/** Runs a command with its output on stderr; throws on failure. */
function run(command, args, what) {
  const started = Date.now();
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (error !== undefined || status !== 0) {
    throw new SetupError(`${what} failed (${error?.message ?? `exit ${String(status)}`}).`);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** What the installed modules depend on: the lockfile, and the platform that native parts are for. */
function installFingerprint() {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .update(`${process.platform} ${process.arch} ${process.versions.modules}`)
    .digest('hex');
}

function install() {
  const fingerprint = installFingerprint();
  if (readIfThere(INSTALL_STAMP) === fingerprint) return;
  say('Installing the dependencies from the lockfile (once; about half a minute) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'Installation');
  writeFileSync(INSTALL_STAMP, fingerprint);
}

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (entry.name.endsWith('.ts') || entry.name.endsWith('.json')) yield path;
  }
}

/** Names, sizes and times of everything the compiler reads; a changed, new or removed file shows. */
function buildFingerprint(workspaces) {
  const hash = createHash('sha256').update(readIfThere(INSTALL_STAMP) ?? '');
  const files = ['tsconfig.json', 'tsconfig.base.json'].map((name) => join(ROOT, name));
  for (const workspace of workspaces) {
    files.push(join(ROOT, workspace, 'tsconfig.json'), join(ROOT, workspace, 'package.json'));
    files.push(...sourceFiles(join(ROOT, workspace, 'src')));
    hash.update(`${workspace} ${String(existsSync(join(ROOT, workspace, 'dist')))}\n`);
  }
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${String(size)} ${String(mtimeMs)}\n`);
  }
  return hash.digest('hex');
}

function build() {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  if (readIfThere(BUILD_STAMP) === buildFingerprint(workspaces)) return;
  say('Building …');
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'Build');
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, buildFingerprint(workspaces));
}

/** Makes the checkout ready to run. Throws {@link SetupError}. */
export function setup() {
  checkNode();
  install();
  build();
}

/** Ends the process with the error's message where it is one for the user. */
export function fail(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--help')) {
    say(
      'Checks Node, installs and builds where needed. To force it, delete node_modules and */dist.',
    );
  } else {
    try {
      setup();
    } catch (error) {
      fail(error);
    }
  }
}
