import { open, rm } from 'node:fs/promises';
import { CliError } from '../errors/cli-error.js';

function refusal(path: string, cause: unknown): CliError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const details = { path };
  if (code === 'EEXIST') {
    const message = `${path} is there already; name another file`;
    return new CliError('FILE_EXISTS', message, { details, cause });
  }
  const message = `cannot write ${path}: the system refuses (${code})`;
  return new CliError('FILE_UNWRITABLE', message, { details, cause });
}

/**
 * Makes a file that only its owner can read, then fills it with what `make` gives; without the file
 * `make` is not called, and where it fails no file is left.
 *
 * @throws CliError `FILE_EXISTS`, `FILE_UNWRITABLE`; what `make` throws
 */
export async function fillSecretFile<T extends { content: string }>(
  path: string,
  make: () => Promise<T>,
): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw refusal(path, cause);
  });
  try {
    const made = await make();
    await file.writeFile(made.content);
    await file.sync();
    return made;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
