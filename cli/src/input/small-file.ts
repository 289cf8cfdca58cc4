/**
 * Small inputs that are not for the command line: from a file, or from stdin as `-`.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';

const MAX_BYTES = 64 * 1024;

/** All of a file as text. Throws CliError `FILE_UNREADABLE`, also where it is longer than 64 KiB. */
export async function readSmallFile(host: Host, path: string): Promise<string> {
  return path === '-' ? readStdin(host) : readNamed(path);
}

async function readNamed(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_BYTES) throw unreadable(path, 'it is too long');
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw unreadable(path, (error as NodeJS.ErrnoException).code ?? 'unknown', error);
  }
}

async function readStdin({ stdin }: Host): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stdin) {
    const buffer = Buffer.from(piece as Uint8Array | string);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw unreadable('stdin', 'it is too long');
    pieces.push(buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function unreadable(path: string, problem: string, cause?: unknown): CliError {
  return new CliError('FILE_UNREADABLE', `cannot read ${path} (${problem})`, {
    details: { path, problem },
    cause,
  });
}
