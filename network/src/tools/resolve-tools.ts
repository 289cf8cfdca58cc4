/**
 * Where the network's programs come from: a named folder, PATH, our cache, the official releases,
 * their sources. The first place that has a product in the right version is taken.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { NetworkError, problemOf } from '../errors.js';
import { withLock } from '../files/lock.js';
import { defaultToolCache } from '../files/network-paths.js';
import { silent } from '../progress.js';
import type { Topology } from '../topology/topology.js';
import type { ResolvedProduct, ToolOptions, ToolSettings } from './origin.js';
import { currentPlatform, type Product, productsOf } from './product.js';
import { installRelease } from './release.js';
import { buildFromSource } from './source.js';
import { Toolset } from './toolset.js';
import { folderProblem, productProblem } from './verify.js';

const OFFICIAL = 'https://github.com';
const OTHER_INSTALL_LIMIT_MS = 60 * 60_000;

/** A variable of the environment; an empty one counts as not set. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

/** What the environment says where the caller does not. */
export function toolSettings(options: ToolOptions): ToolSettings {
  const sources = options.sources ?? variable('EMR_SOURCES');
  const mirror = options.mirror ?? variable('EMR_MIRROR');
  const { cacheDir = defaultToolCache(), releaseDigests = {}, onProgress = silent } = options;
  return {
    folder: absolute(options.folder ?? variable('EMR_TOOLS')),
    sources: absolute(sources),
    mirror: mirror ?? OFFICIAL,
    downloads: sources === undefined || mirror !== undefined,
    cacheDir: resolve(cacheDir),
    releaseDigests,
    onProgress,
    signal: options.signal,
  };
}

/** Finds `bin/peer` as `peer`, and files beside or below the folder of programs. */
function locateIn(dir: string): (path: string) => string {
  return (path) => {
    const candidates = [
      join(dir, path),
      join(dir, path.replace(/^bin\//, '')),
      join(dir, '..', path),
    ];
    return candidates.find(existsSync) ?? join(dir, path);
  };
}

type Attempt = (product: Product) => Promise<ResolvedProduct>;

async function resolvedAt(
  product: Product,
  origin: 'folder' | 'path',
  dir: string,
  signal: AbortSignal | undefined,
): Promise<ResolvedProduct> {
  const locate = locateIn(dir);
  const problem = await productProblem(product, locate, signal);
  if (problem !== null) throw new NetworkError('TOOL_INVALID', { tool: product.title, problem });
  return { product, origin, locate };
}

function onPath(product: Product, signal: AbortSignal | undefined): Promise<ResolvedProduct> {
  const program = (product.programs[0]?.path ?? '').replace(/^bin\//, '');
  const dir = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((entry) => entry !== '' && existsSync(join(entry, program)));
  if (dir === undefined) {
    throw new NetworkError('TOOL_INVALID', { tool: program, problem: 'it is not on PATH' });
  }
  return resolvedAt(product, 'path', resolve(dir), signal);
}

function productDir(product: Product, settings: ToolSettings): string {
  const { os, arch } = currentPlatform();
  return join(settings.cacheDir, `${product.name}-${product.version}-${os}-${arch}`);
}

function inDir(
  product: Product,
  origin: 'cache' | 'release' | 'source',
  dir: string,
): ResolvedProduct {
  return { product, origin, locate: (path) => join(dir, path) };
}

async function fromCache(product: Product, settings: ToolSettings): Promise<ResolvedProduct> {
  const dir = productDir(product, settings);
  const problem = await folderProblem(product, dir, settings.signal);
  if (problem !== null) throw new NetworkError('TOOL_INVALID', { tool: product.title, problem });
  return inDir(product, 'cache', dir);
}

/**
 * Fills a temporary folder, checks it, and renames it to its place in the cache: what is there is
 * whole. Of several processes that want the same product, one works and the others wait.
 */
async function installed(
  product: Product,
  origin: 'release' | 'source',
  settings: ToolSettings,
): Promise<ResolvedProduct> {
  const install = origin === 'release' ? installRelease : buildFromSource;
  const dir = productDir(product, settings);
  const workDir = `${dir}.work`;
  const onWait = (pid: number): void => {
    const text = `Waiting for process ${String(pid)}, which is getting ${product.title} too`;
    settings.onProgress({ kind: 'note', text });
  };
  const options = { waitMs: OTHER_INSTALL_LIMIT_MS, onWait, ...signalOption(settings.signal) };
  return withLock(`${dir}.lock`, options, async () => {
    if ((await folderProblem(product, dir, settings.signal)) === null) {
      return inDir(product, 'cache', dir);
    }
    await mkdir(workDir, { recursive: true });
    const temporary = await mkdtemp(`${dir}.new-`);
    try {
      await install(product, temporary, workDir, settings);
      const problem = await folderProblem(product, temporary, settings.signal);
      if (problem !== null)
        throw new NetworkError('TOOL_INVALID', { tool: product.title, problem });
      await rm(dir, { recursive: true, force: true });
      await rename(temporary, dir);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    await rm(workDir, { recursive: true, force: true });
    return inDir(product, origin, dir);
  });
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The places where a product may be already: asking them changes nothing. */
function lookups(settings: ToolSettings): [place: string, attempt: Attempt][] {
  const { folder, signal } = settings;
  const named: [string, Attempt][] =
    folder === undefined
      ? []
      : [['EMR_TOOLS', (product) => resolvedAt(product, 'folder', folder, signal)]];
  return [
    ...named,
    ['PATH', (product) => onPath(product, signal)],
    ['cache', (product) => fromCache(product, settings)],
  ];
}

function installers(settings: ToolSettings): [place: string, attempt: Attempt][] {
  const release: [string, Attempt][] = settings.downloads
    ? [['release', (product) => installed(product, 'release', settings)]]
    : [];
  return [...release, ['source', (product) => installed(product, 'source', settings)]];
}

/** The first place that has it, or what each of them answered. */
async function tryPlaces(
  product: Product,
  places: readonly [place: string, attempt: Attempt][],
  signal: AbortSignal | undefined,
): Promise<ResolvedProduct | readonly string[]> {
  const tried: string[] = [];
  for (const [place, attempt] of places) {
    try {
      return await attempt(product);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${place}: ${problemOf(error)}`);
    }
  }
  return tried;
}

async function resolveProduct(product: Product, settings: ToolSettings): Promise<ResolvedProduct> {
  const places = [...lookups(settings), ...installers(settings)];
  const found = await tryPlaces(product, places, settings.signal);
  if ('product' in found) return found;
  const { title, version } = product;
  throw new NetworkError('TOOL_UNAVAILABLE', { product: title, version, tried: found });
}

/** A product that would have to be fetched or built, and what each place answered. */
export interface MissingTool {
  title: string;
  version: string;
  tried: readonly string[];
}

/** What {@link resolveTools} would have to get. Looks only; gets nothing. */
export async function missingTools(
  tools: Topology['tools'],
  options: ToolOptions = {},
): Promise<MissingTool[]> {
  const settings = toolSettings(options);
  const missing: MissingTool[] = [];
  for (const product of productsOf(tools, currentPlatform())) {
    const found = await tryPlaces(product, lookups(settings), settings.signal);
    if ('product' in found) continue;
    missing.push({ title: product.title, version: product.version, tried: found });
  }
  return missing;
}

/**
 * Finds or gets every program of the versions that a topology names. Under a second where they are
 * in the cache; minutes where they must be fetched or built, which `onProgress` announces.
 *
 * @throws {@link NetworkError} TOOL_UNAVAILABLE with what each place answered
 */
export async function resolveTools(
  tools: Topology['tools'],
  options: ToolOptions = {},
): Promise<Toolset> {
  const settings = toolSettings(options);
  await mkdir(settings.cacheDir, { recursive: true });
  const resolved: ResolvedProduct[] = [];
  for (const product of productsOf(tools, currentPlatform())) {
    resolved.push(await resolveProduct(product, settings));
  }
  return new Toolset(resolved);
}
