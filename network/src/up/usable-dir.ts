import { resolve } from 'node:path';
import { NetworkError } from '../errors.js';

/**
 * The folder as an absolute path. Peers split some lists at blanks and commas and read brackets as
 * lists, so none of them may stand in it.
 *
 * @throws {@link NetworkError} STATE_INVALID
 */
export function requireUsableDir(dir: string): string {
  const path = resolve(dir);
  if (/^[^\s,[\]]+$/.test(path)) return path;
  const problem = 'a network cannot live in a path with blanks, commas or brackets';
  throw new NetworkError('STATE_INVALID', { path, problem });
}
