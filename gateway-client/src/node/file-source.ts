/**
 * Files as sources of an upload.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { EmrError } from '@emr-share/model';
import type { ReopenableSource } from '../records/source.js';

const PIECE_BYTES = 1 << 20;

/**
 * A file to upload. It is read from its start each time the upload opens it, and never held whole.
 *
 * @throws EmrError `SOURCE_FAILED` where there is no such file, or it is a directory or a device.
 */
export async function fileSource(
  path: string,
): Promise<ReopenableSource & { readonly sizeBytes: number }> {
  const facts = await stat(path).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EmrError('SOURCE_FAILED', { problem: code ?? 'it cannot be read' }, { cause });
  });
  if (!facts.isFile()) throw new EmrError('SOURCE_FAILED', { problem: 'it is not a file' });
  return {
    open: () => createReadStream(path, { highWaterMark: PIECE_BYTES }),
    sizeBytes: facts.size,
  };
}
