import { open } from 'node:fs/promises';
import { CliError } from '../errors/cli-error.js';

async function readAtMost(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new CliError('FILE_UNREADABLE', `${path} is too large to be one`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** The text of a file that has `maxBytes` at most. @throws CliError `FILE_UNREADABLE` */
export async function readInFile(path: string, maxBytes: number): Promise<string> {
  try {
    return await readAtMost(path, maxBytes);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError('FILE_UNREADABLE', `${path} cannot be read (${code})`, {
      cause,
      details: { path },
    });
  }
}
