/**
 * The key of a patient index: a file of its own, so that the index alone tells nothing.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { EmrError } from '@emr-share/model';
import { writeFileAtomically } from './atomic-file.js';
import { readPrivateFile } from './private-file.js';

const KEY_BYTES = 32;
const KEY = /^[0-9a-f]{64}\n?$/;

/** A key file that is not there, or cannot be used, and why. */
function invalid(path: string, problem: string, cause?: unknown): EmrError {
  return new EmrError('INDEX_INVALID', { path, problem }, { cause });
}

/** Makes a fresh key. Throws `EEXIST` where there is one. */
export async function createIndexKey(path: string): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomically(path, `${key.toString('hex')}\n`, { mode: 0o600, overwrite: false });
  return key;
}

/** Reads a key. Throws `INDEX_INVALID` where it is missing, malformed, or others can read it. */
export async function readIndexKey(path: string): Promise<Uint8Array> {
  const text = await readPrivateFile(path).catch((error: unknown) => {
    if (EmrError.is(error, 'KEYSTORE_NOT_FOUND')) throw invalid(path, 'its key file is missing');
    if (EmrError.is(error, 'KEYSTORE_INVALID')) throw invalid(path, error.details.problem, error);
    throw error;
  });
  if (!KEY.test(text)) throw invalid(path, 'it is no key of an index');
  return Buffer.from(text.trim(), 'hex');
}
