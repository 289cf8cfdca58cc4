/**
 * The file of one custodian key.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SecretKey } from '@emr-share/crypto';
import type { KeyGeneration } from '@emr-share/model';
import { CustodianSecret } from '../custodian-secret.js';
import { isCode, syncDirectory, writeSynced } from './durable-file.js';
import { ServiceError } from './service-error.js';

const FORMAT = 1;
const OTHERS = 0o077;

/** A custodian key as it stands on disk. */
export interface CustodianFile {
  readonly custodian: CustodianSecret;
  readonly generation: KeyGeneration;
}

/**
 * Reads the file of a custodian key; `null` where there is none. It is JSON,
 * `{ version, generation, secretKeyHex }`, mode 0600.
 *
 * @throws ServiceError where the file is damaged, or open to other users of the machine.
 */
export async function readKeyFile(path: string): Promise<CustodianFile | null> {
  const text = await readPrivate(path);
  return text === null ? null : parse(text, path);
}

async function readPrivate(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new ServiceError(`${path} is open to other users; run: chmod 600 ${path}`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Makes a key where the file is not there yet. Written aside, synced, then linked: the name appears
 * once, with everything behind it; of several processes at once, all end up with the same key.
 */
export async function makeKeyFile(path: string, generation: KeyGeneration): Promise<void> {
  const secretKeyHex = Buffer.from(SecretKey.random().toBEBytes()).toString('hex');
  const text = `${JSON.stringify({ version: FORMAT, generation, secretKeyHex })}\n`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    await writeSynced(aside, text);
    await link(aside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function parse(text: string, path: string): CustodianFile {
  try {
    const { version, generation, secretKeyHex } = JSON.parse(text) as Record<string, unknown>;
    if (version !== FORMAT) throw new TypeError('version');
    if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 1) {
      throw new TypeError('generation');
    }
    if (typeof secretKeyHex !== 'string') throw new TypeError('secretKeyHex');
    const secretKey = SecretKey.fromBEBytes(Uint8Array.from(Buffer.from(secretKeyHex, 'hex')));
    return { custodian: new CustodianSecret(secretKey), generation };
  } catch {
    // Without its cause: a parser's message may repeat what it read.
    throw new ServiceError(
      `${path} is not a custodian key of version ${FORMAT}; restore it from its backup`,
    );
  }
}
