/**
 * A file that is to be filed: opened once, looked at in bounded pieces.
 *
 * @module
 */
import { createReadStream, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EmrError } from '@emr-share/model';
import { CliError } from '../errors/cli-error.js';

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its symbolic links go in a circle',
  ERR_INVALID_ARG_VALUE: 'its name has a zero byte',
};

function unreadable(path: string, problem: string, cause?: unknown): CliError {
  return new CliError('FILE_UNREADABLE', `cannot read ${path}: ${problem}`, {
    details: { path, problem },
    cause,
  });
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw unreadable(path, PROBLEMS[code] ?? 'the system refuses', cause);
  }
}

/** A regular, non-empty file. */
export class ContentFile {
  readonly path: string;
  readonly sizeBytes: number;

  private constructor(path: string, sizeBytes: number) {
    this.path = path;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Checks that there is something to read at `path`.
   *
   * @throws CliError `FILE_UNREADABLE` for what is missing, empty, no regular file, or forbidden.
   */
  static async at(path: string): Promise<ContentFile> {
    const stats = await statOf(path);
    if (stats.isDirectory()) throw unreadable(path, 'it is a directory; name the files in it');
    if (!stats.isFile()) throw unreadable(path, 'it is not a regular file');
    if (stats.size === 0) throw unreadable(path, 'it is empty');
    const file = new ContentFile(path, stats.size);
    await file.head(1);
    return file;
  }

  get name(): string {
    return basename(this.path);
  }

  /** The first `limitBytes` bytes, or all where the file is shorter. */
  async head(limitBytes: number): Promise<Uint8Array> {
    try {
      await using handle = await open(this.path);
      const buffer = new Uint8Array(Math.min(limitBytes, this.sizeBytes));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      throw unreadable(this.path, PROBLEMS[code] ?? 'the system refuses', cause);
    }
  }

  stream(): ReturnType<typeof createReadStream> {
    return createReadStream(this.path);
  }

  /** The refusal of content that is not what the file's name says it is. */
  mismatch(problem: string, cause?: unknown): EmrError<'INPUT_INVALID'> {
    return new EmrError(
      'INPUT_INVALID',
      {
        what: this.path,
        problem: `${problem}; mend the file, or file it as it is with --content-type application/octet-stream`,
      },
      { cause },
    );
  }
}
