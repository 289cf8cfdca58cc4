import { randomUUID } from 'node:crypto';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { CliError } from '../errors/cli-error.js';

/** Replaces a file at once, with that mode. @throws CliError `FILE_UNWRITABLE` */
export async function writeOutFile(path: string, text: string, mode = 0o644): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(aside, text, { mode, flag: 'wx' });
    await chmod(aside, mode);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => undefined);
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError('FILE_UNWRITABLE', `${path} cannot be written (${code})`, {
      cause,
      details: { path },
    });
  }
}
