/**
 * Building a product with Go, from an archive in the sources folder or from a clone of its tag.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { NetworkError, problemOf } from '../errors.js';
import { runCommand } from '../process/run-command.js';
import { writeFileAtomic } from '../files/atomic.js';
import { archiveCommit, fileDigest, unpack } from './archive.js';
import type { ToolSettings } from './origin.js';
import type { GoBuild, Product } from './product.js';

const BUILD_LIMIT_MS = 60 * 60_000;
const CLONE_LIMIT_MS = 20 * 60_000;
const SHORT_LIMIT_MS = 60_000;

/** Lowers the priority, so that a build leaves the machine usable. */
const NICE = ['-n', '10'];

async function unpackSources(
  product: Product,
  archive: string,
  treeDir: string,
  settings: ToolSettings,
): Promise<void> {
  const commit = await archiveCommit(archive);
  if (commit !== null && commit !== product.source.commit) {
    const problem = `it is of commit ${commit}, not of ${product.source.commit} (${product.source.tag})`;
    throw new NetworkError('ARCHIVE_INVALID', { archive, problem });
  }
  settings.onProgress({
    kind: 'note',
    text: `Sources of ${product.title}: ${product.source.archive}, commit ${commit ?? 'not named in it'}, SHA-256 ${await fileDigest(archive, 'sha256')}`,
  });
  await unpack(archive, treeDir, 1);
}

async function cloneSources(
  product: Product,
  treeDir: string,
  settings: ToolSettings,
): Promise<void> {
  const { repository, tag, commit } = product.source;
  const url = `${settings.mirror.replace(/\/+$/, '')}/${repository}`;
  const { signal, onProgress } = settings;
  onProgress({ kind: 'note', text: `Cloning ${url} at ${tag} (a minute or more)` });
  const clone = ['clone', '--quiet', '--depth', '1', '--branch', tag, '--', url, treeDir];
  await runCommand('git', clone, {
    limitMs: CLONE_LIMIT_MS,
    signal,
    env: { GIT_TERMINAL_PROMPT: '0' },
  });
  const head = await runCommand('git', ['-C', treeDir, 'rev-parse', 'HEAD'], {
    limitMs: SHORT_LIMIT_MS,
    signal,
  });
  if (head.stdout.trim() === commit) return;
  const problem = `tag ${tag} is commit ${head.stdout.trim()}, not ${commit}`;
  throw new NetworkError('ARCHIVE_INVALID', { archive: url, problem });
}

async function goBuild(
  product: Product,
  build: GoBuild,
  treeDir: string,
  dir: string,
  log: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outputDir = join(dir, build.outputDir);
  await mkdir(outputDir, { recursive: true });
  const go = ['go', 'build', '-buildvcs=false', '-trimpath', '-p', String(availableParallelism())];
  const rest = [...build.args, '-ldflags', build.ldflags, '-o', `${outputDir}/`, ...build.packages];
  try {
    await runCommand('nice', [...NICE, ...go, ...rest], {
      cwd: join(treeDir, build.moduleDir),
      env: { GOFLAGS: '', GOWORK: 'off', ...build.env },
      limitMs: BUILD_LIMIT_MS,
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    const output = NetworkError.is(error, 'COMMAND_FAILED') ? outputOf(error) : '';
    await writeFileAtomic(log, output);
    const details = { product: product.title, problem: problemOf(error), log };
    throw new NetworkError('BUILD_FAILED', details, { cause: error });
  }
}

function outputOf({ cause }: NetworkError): string {
  const isResult = typeof cause === 'object' && cause !== null && 'all' in cause;
  return isResult && typeof cause.all === 'string' ? cause.all : '';
}

async function requireGo(product: Product, settings: ToolSettings): Promise<void> {
  try {
    await runCommand('go', ['version'], { limitMs: SHORT_LIMIT_MS, signal: settings.signal });
  } catch (error) {
    settings.signal?.throwIfAborted();
    throw new NetworkError('BUILD_FAILED', {
      product: product.title,
      problem: `Go is needed to build it and is not on PATH (${problemOf(error)})`,
      log: 'none',
    });
  }
}

/**
 * Builds a product into the empty folder `dir`. What Go has compiled stays in Go's own cache, so an
 * interrupted build continues where it was.
 *
 * @param workDir - for the source tree, removed afterwards, and the log of a failed build
 * @throws {@link NetworkError} ARCHIVE_INVALID, BUILD_FAILED, COMMAND_FAILED (git)
 */
export async function buildFromSource(
  product: Product,
  dir: string,
  workDir: string,
  settings: ToolSettings,
): Promise<void> {
  if (product.source.commit === '') {
    const problem = 'the commit of this version is not known here, so its source cannot be checked';
    throw new NetworkError('BUILD_FAILED', { product: product.title, problem, log: 'none' });
  }
  await requireGo(product, settings);
  const treeDir = join(workDir, 'tree');
  await rm(treeDir, { recursive: true, force: true });
  await mkdir(treeDir, { recursive: true });
  try {
    const archive = join(settings.sources ?? '', product.source.archive);
    if (settings.sources !== undefined && existsSync(archive)) {
      await unpackSources(product, archive, treeDir, settings);
    } else {
      await cloneSources(product, treeDir, settings);
    }
    const minutes = (product.source.estimateMs / 60_000).toFixed(0);
    settings.onProgress({
      kind: 'note',
      text: `Building ${product.title} ${product.version} with Go (once; about ${minutes} min on two cores)`,
    });
    for (const build of product.source.builds) {
      await goBuild(product, build, treeDir, dir, join(workDir, 'build.log'), settings.signal);
    }
    for (const [from, to] of Object.entries(product.source.copies)) {
      await cp(join(treeDir, from), join(dir, to), { recursive: true });
    }
  } finally {
    await rm(treeDir, { recursive: true, force: true });
  }
}
