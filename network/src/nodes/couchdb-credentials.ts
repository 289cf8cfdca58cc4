import { open } from 'node:fs/promises';
import * as v from 'valibot';
import { isSystemError, NetworkError } from '../errors.js';

/** Names the file where the topology does not. */
export const CREDENTIALS_VARIABLE = 'EMR_COUCHDB_CREDENTIALS_FILE';

const FOR_OTHERS = 0o077;
const MAX_BYTES = 4_096;

/** Without single quotes, for environment files to hold it as it is. */
const text = v.pipe(v.string(), v.regex(/^[\x20-\x26\x28-\x7e]{1,256}$/));
const Credentials = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ user: text, password: text }),
);

export interface CouchdbCredentials {
  user: string;
  password: string;
  /** When the file was last written, as a text to compare. */
  changedAt: string;
}

async function readOwn(file: string): Promise<{ content: string; changedAt: string }> {
  const handle = await open(file, 'r');
  try {
    const found = await handle.stat({ bigint: true });
    const refuse = (problem: string): never => {
      throw new NetworkError('COUCHDB_CREDENTIALS', { file, problem });
    };
    if (!found.isFile()) refuse('it is no file');
    if ((Number(found.mode) & FOR_OTHERS) !== 0) {
      refuse(`other users of this machine can get at it; chmod 600 ${file}`);
    }
    if (found.size > MAX_BYTES) refuse('it is too long');
    return { content: await handle.readFile('utf8'), changedAt: String(found.mtimeNs) };
  } finally {
    await handle.close();
  }
}

/**
 * Reads `{ "user": "…", "password": "…" }`. No error has any of the content in it, nor a parser's
 * message as its cause: those quote what they could not read.
 *
 * @throws {@link NetworkError} COUCHDB_CREDENTIALS where the file is not named, not there, open to
 *   others, or something else
 */
export async function readCouchdbCredentials(
  file: string | undefined,
): Promise<CouchdbCredentials> {
  if (file === undefined) {
    const problem = `no file is named; set stateDatabase.credentialsFile in the topology, or ${CREDENTIALS_VARIABLE}`;
    throw new NetworkError('COUCHDB_CREDENTIALS', { file: '(none)', problem });
  }
  const { content, changedAt } = await readOwn(file).catch((error: unknown) => {
    if (NetworkError.is(error)) throw error;
    const isMissing = isSystemError(error, 'ENOENT');
    const problem = isMissing ? 'it is not there' : 'it cannot be read by this user';
    throw new NetworkError('COUCHDB_CREDENTIALS', { file, problem }, { cause: error });
  });
  const parsed = v.safeParse(Credentials, content);
  if (parsed.success) return { ...parsed.output, changedAt };
  const problem =
    'it must be {"user": "…", "password": "…"}, each of 1–256 printable ASCII characters without \'';
  throw new NetworkError('COUCHDB_CREDENTIALS', { file, problem });
}
