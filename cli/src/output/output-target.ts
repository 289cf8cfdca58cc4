/**
 * Where fetched content goes: a file that appears complete or not at all, or stdout.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '@emr-share/gateway-client/node';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';

export interface OutputTarget {
  readonly name: string;
  readonly isStdout: boolean;
  /** Writes all content. @returns SHA-256 over it, as hex. */
  write(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string>;
}

interface Hashed {
  readonly content: AsyncIterable<Uint8Array>;
  digestHex(): string;
}

function hashed(content: AsyncIterable<Uint8Array>): Hashed {
  const hash = createHash('sha256');
  async function* tap(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of content) {
      hash.update(piece);
      yield piece;
    }
  }
  return { content: tap(), digestHex: () => hash.digest('hex') };
}

function unwritable(path: string, problem: string, cause?: unknown): CliError {
  return new CliError('FILE_UNWRITABLE', `cannot write ${path}: ${problem}`, {
    details: { path, problem },
    cause,
  });
}

async function isDirectory(path: string): Promise<boolean | null> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw unwritable(path, `the system refuses (${code})`, cause);
  }
}

/** Before anything is asked of the ledger: an access that comes to nothing would be logged too. */
async function assertWritable(path: string, force: boolean): Promise<void> {
  const existing = await isDirectory(path);
  if (existing === true) throw unwritable(path, 'it is a directory');
  if (existing === false && !force) throw exists(path);
  if ((await isDirectory(dirname(path))) !== true) {
    throw unwritable(path, 'its folder does not exist');
  }
}

function exists(path: string, cause?: unknown): CliError {
  const message = `${path} exists already; replace it with --force`;
  return new CliError('FILE_EXISTS', message, { details: { path }, cause });
}

/** Errors of the file system while writing; others, such as tampered content, stay as they are. */
function asWriteError(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return exists(path, error);
  return code === undefined || syscall === undefined
    ? error
    : unwritable(path, `the system refuses (${code})`, error);
}

function fileTarget(path: string, force: boolean): OutputTarget {
  return {
    name: path,
    isStdout: false,
    async write(content, signal) {
      const tapped = hashed(content);
      try {
        await writeFileAtomically(path, tapped.content, { overwrite: force, signal });
      } catch (error) {
        throw asWriteError(path, error);
      }
      return tapped.digestHex();
    },
  };
}

function stdoutTarget({ stdout }: Host): OutputTarget {
  return {
    name: 'stdout',
    isStdout: true,
    async write(content, signal) {
      const tapped = hashed(content);
      for await (const piece of tapped.content) {
        if (!stdout.write(piece)) await once(stdout, 'drain', { signal });
      }
      return tapped.digestHex();
    },
  };
}

/**
 * The target that `-o` names; `-` is stdout.
 *
 * @throws CliError `FILE_EXISTS` without `force`; `FILE_UNWRITABLE`.
 */
export async function outputTarget(
  host: Host,
  path: string,
  force: boolean,
): Promise<OutputTarget> {
  if (path === '-') return stdoutTarget(host);
  await assertWritable(path, force);
  return fileTarget(path, force);
}
