/**
 * Official release archives: fetched, their digest compared where one is known, unpacked, put in our
 * layout. That the programs are what they claim is checked by the caller, by their own reports.
 *
 * @module
 */
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NetworkError } from '../errors.js';
import { fileDigest, unpack } from './archive.js';
import { download } from './download.js';
import type { ToolSettings } from './origin.js';
import type { Product } from './product.js';

async function publishedDigest(
  url: string,
  file: string,
  settings: ToolSettings,
): Promise<string | null> {
  await download(url, file, settings.onProgress, settings.signal);
  const digest = /^[0-9a-f]{128}/.exec(await readFile(file, 'utf8'))?.[0] ?? null;
  await rm(file);
  if (digest === null) {
    throw new NetworkError('ARCHIVE_INVALID', { archive: url, problem: 'it is not a digest' });
  }
  return digest;
}

function requireDigest(archive: string, actual: string, expected: string): void {
  if (actual === expected) return;
  const problem = `its digest is ${actual}, not ${expected}: it is not the archive it should be`;
  throw new NetworkError('ARCHIVE_INVALID', { archive, problem });
}

async function checkDigests(
  product: Product,
  url: string,
  archive: string,
  settings: ToolSettings,
): Promise<void> {
  const pinned = settings.releaseDigests[basename(url)];
  if (pinned !== undefined) requireDigest(url, await fileDigest(archive, 'sha256'), pinned);
  const { digestSuffix } = product.release;
  if (digestSuffix === undefined) return;
  const published = await publishedDigest(`${url}${digestSuffix}`, `${archive}.digest`, settings);
  if (published !== null) requireDigest(url, await fileDigest(archive, 'sha512'), published);
}

async function arrange(product: Product, dir: string): Promise<void> {
  for (const [from, to] of Object.entries(product.release.moves)) {
    await mkdir(dirname(join(dir, to)), { recursive: true });
    await rename(join(dir, from), join(dir, to));
  }
}

/**
 * Puts a product's release into the empty folder `dir`.
 *
 * @param workDir - keeps the unfinished download from one call to the next
 * @throws {@link NetworkError} DOWNLOAD_FAILED, ARCHIVE_INVALID
 */
export async function installRelease(
  product: Product,
  dir: string,
  workDir: string,
  settings: ToolSettings,
): Promise<void> {
  const url = `${settings.mirror.replace(/\/+$/, '')}/${product.release.path}`;
  const archive = join(workDir, basename(url));
  settings.onProgress({
    kind: 'note',
    text: `Downloading ${product.title} ${product.version} from ${url} (some 100 MB; a minute or more)`,
  });
  await download(url, archive, settings.onProgress, settings.signal);
  try {
    await checkDigests(product, url, archive, settings);
    await unpack(archive, dir, product.release.root === '' ? 0 : 1);
    await arrange(product, dir);
  } finally {
    await rm(archive, { force: true });
  }
}
