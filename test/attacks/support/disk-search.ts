/**
 * Looking for bytes in every file below a directory, one file at a time.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Something to look for, in the forms in which it could be written down. */
export interface Needle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where a needle was found. */
export interface Hit {
  readonly name: string;
  /** Relative to the directory. */
  readonly path: string;
}

function formsOf(bytes: Uint8Array): Buffer[] {
  const raw = Buffer.from(bytes);
  const base64 = raw.toString('base64').replace(/=+$/, '');
  // Its last digit depends on what follows.
  return [raw, Buffer.from(raw.toString('hex')), Buffer.from(base64.slice(0, -1))];
}

/** What a running node removes while we look is no finding. */
async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Every place of every needle, in raw bytes, hex or base64. */
export async function searchDisk(directory: string, needles: readonly Needle[]): Promise<Hit[]> {
  const forms = needles.map(({ name, bytes }) => ({ name, forms: formsOf(bytes) }));
  const hits: Hit[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const content = await readIfThere(file);
    for (const { name, forms: wanted } of forms) {
      if (wanted.some((form) => content.includes(form))) {
        hits.push({ name, path: relative(directory, file) });
      }
    }
  }
  return hits;
}
