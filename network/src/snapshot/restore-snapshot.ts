/**
 * A network's folder from a snapshot: all of it, as it was, or nothing.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, NetworkError } from '../errors.js';
import { type OnProgress, silent } from '../progress.js';
import { requireUsableDir } from '../up/usable-dir.js';
import { CONTENT, MANIFEST, parseManifest, type SnapshotManifest } from './manifest.js';
import type { SnapshotContents } from './take-snapshot.js';
import { tapped } from './tapped.js';
import { readEntries, type ReadEntry } from './tar-entries.js';

export interface RestoreOptions {
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** What was restored. */
export interface RestoreReport extends SnapshotContents {
  dir: string;
}

const PRIVATE_DIR = 0o700;
const PRIVATE_FILE = 0o600;
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
/** Names that lead nowhere else. */
const SEGMENT = /^(?!\.{1,2}$)[^/\\\0]+$/;

/**
 * Makes a network's folder from a snapshot. Every file is compared with the manifest's SHA-256 before
 * the folder gets its name; where anything is wrong nothing is left. Bring the network up afterwards.
 *
 * @param dir - Must be empty, or not there.
 * @throws {@link NetworkError} RESTORE_TARGET_TAKEN, SNAPSHOT_INVALID
 */
export async function restoreSnapshot(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  { onProgress = silent, signal }: RestoreOptions = {},
): Promise<RestoreReport> {
  const target = requireUsableDir(dir);
  await requireEmpty(target);
  const aside = `${target}.restoring-${randomUUID()}`;
  await mkdir(aside, { recursive: true, mode: PRIVATE_DIR });
  try {
    const unpacking = new Unpacking(aside, (doneBytes) => {
      signal?.throwIfAborted();
      onProgress({ kind: 'bytes', what: 'snapshot', doneBytes });
    });
    const hash = createHash('sha256');
    const seen = tapped(source, (piece) => hash.update(piece));
    for await (const entry of readEntries(seen)) await unpacking.take(entry);
    for await (const _rest of seen);
    const manifest = unpacking.checked();
    await unpacking.setModes(manifest);
    await requireEmpty(target);
    await rmdir(target).catch(ignoreMissing);
    await rename(aside, target);
    const { network, host, takenAt, heights, files } = manifest;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const sha256 = hash.digest('hex');
    return { dir: target, network, host, takenAt, heights, files: files.length, bytes, sha256 };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Writes what comes, notes what it was, and compares that with the manifest at the end. */
class Unpacking {
  readonly #root: string;
  readonly #onBytes: (doneBytes: number) => void;
  readonly #files = new Map<string, { readonly bytes: number; readonly sha256: string }>();
  readonly #directories = new Set<string>();
  #manifest: SnapshotManifest | null = null;
  #bytes = 0;

  constructor(root: string, onBytes: (doneBytes: number) => void) {
    this.#root = root;
    this.#onBytes = onBytes;
  }

  async take(entry: ReadEntry): Promise<void> {
    if (this.#manifest !== null) throw invalid('there is something after its manifest');
    if (entry.path === MANIFEST) {
      this.#manifest = parseManifest(await textOf(entry));
      return;
    }
    const path = innerPath(entry);
    if (this.#files.has(path) || this.#directories.has(path))
      throw invalid(`${path} is there twice`);
    if (entry.type === 'Directory') {
      await mkdir(join(this.#root, path), { mode: PRIVATE_DIR });
      this.#directories.add(path);
      return;
    }
    this.#files.set(path, { bytes: entry.bytes, sha256: await this.#write(path, entry) });
  }

  /** @throws {@link NetworkError} SNAPSHOT_INVALID */
  checked(): SnapshotManifest {
    const manifest = this.#manifest;
    if (manifest === null) throw invalid('it has no manifest; it was cut off, or is none');
    const wrong = manifest.files.find(({ path, bytes, sha256 }) => {
      const file = this.#files.get(path);
      return file?.bytes !== bytes || file.sha256 !== sha256;
    });
    if (wrong !== undefined) throw invalid(`${wrong.path} is not what its manifest says`);
    const isWhole =
      manifest.files.length === this.#files.size &&
      manifest.directories.length === this.#directories.size &&
      manifest.directories.every(({ path }) => this.#directories.has(path));
    if (!isWhole) throw invalid('it holds other files than its manifest says');
    return manifest;
  }

  /** At the end, and the inner ones first: a folder may be closed to its owner, too. */
  async setModes({ files, directories }: SnapshotManifest): Promise<void> {
    for (const { path, mode } of files) await chmod(join(this.#root, path), mode);
    for (const { path, mode } of directories.toReversed()) {
      await chmod(join(this.#root, path), mode);
    }
  }

  async #write(path: string, { content }: ReadEntry): Promise<string> {
    const hash = createHash('sha256');
    const file = await open(join(this.#root, path), 'wx', PRIVATE_FILE);
    try {
      for await (const piece of content) {
        hash.update(piece);
        await file.writeFile(piece);
        this.#bytes += piece.length;
        this.#onBytes(this.#bytes);
      }
    } finally {
      await file.close();
    }
    return hash.digest('hex');
  }
}

/** Where an entry belongs, relative to the network's folder. */
function innerPath({ path, type }: ReadEntry): string {
  const inner = path.slice(CONTENT.length);
  const plain = type === 'Directory' && inner.endsWith('/') ? inner.slice(0, -1) : inner;
  const isInside =
    path.startsWith(CONTENT) && plain.split('/').every((segment) => SEGMENT.test(segment));
  if (!isInside) throw invalid(`the name ${path} does not belong into a network's folder`);
  return plain;
}

async function textOf({ bytes, content }: ReadEntry): Promise<string> {
  if (bytes > MAX_MANIFEST_BYTES) throw invalid('its manifest is too large');
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

async function requireEmpty(dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const names = await readdir(dir).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    if (isSystemError(error, 'ENOTDIR')) throw new NetworkError('RESTORE_TARGET_TAKEN', { dir });
    throw error;
  });
  if (names.length > 0) throw new NetworkError('RESTORE_TARGET_TAKEN', { dir });
}

function ignoreMissing(error: unknown): void {
  if (!isSystemError(error, 'ENOENT')) throw error;
}

function invalid(problem: string): NetworkError {
  return new NetworkError('SNAPSHOT_INVALID', { problem });
}
