/**
 * One-time secrets: from a file, never an argument.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import type { Call } from '../call.js';
import { CliError } from '../errors/cli-error.js';

const MAX_BYTES = 4096;
const OTHERS = 0o077;

/** First line of a file. @throws CliError `FILE_UNREADABLE` where there is none. */
export async function readSecret(call: Call, path: string): Promise<string> {
  const { size, mode } = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  });
  if (size > MAX_BYTES) throw unreadable(path, 'it is too long');
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    const message = `others can read ${path}; set its mode to 0600`;
    call.output.warn({ code: 'PASSPHRASE_EXPOSED', message, details: { path } });
  }
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  });
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw unreadable(path, 'its first line is empty');
  return line;
}

function unreadable(path: string, problem: string, cause?: unknown): CliError {
  const message = `cannot read the secret in ${path} (${problem})`;
  return new CliError('FILE_UNREADABLE', message, { details: { path, problem }, cause });
}
