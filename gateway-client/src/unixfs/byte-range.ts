/**
 * Which bytes of a blob a caller wants.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import type { GetOptions } from '../ports/blob-store.js';

/** The bytes of a file from offset `from` up to, not including, `to`, which may be `Infinity`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a range from outside.
 *
 * @throws EmrError `INPUT_INVALID` unless both numbers are whole and not negative.
 */
export function parseRange({ offset = 0, lengthBytes = Infinity }: GetOptions): ByteRange {
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalidRange('offset', offset);
  if (lengthBytes !== Infinity && (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0)) {
    throw invalidRange('length', lengthBytes);
  }
  return { from: offset, to: offset + lengthBytes };
}

function invalidRange(what: string, value: number): EmrError<'INPUT_INVALID'> {
  const problem = `expected a whole number of bytes from 0, got ${value}`;
  return new EmrError('INPUT_INVALID', { what, problem });
}
