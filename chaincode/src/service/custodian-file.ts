/**
 * The file that holds an organization's custodian key, outside the peer's database.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SecretKey } from '@emr-share/crypto';
import { CustodianSecret } from '../custodian-secret.js';
import { ServiceError } from './service-error.js';

const FORMAT = 1;
const OTHERS = 0o077;

/** A custodian key as it stands on disk. */
export interface CustodianFile {
  readonly custodian: CustodianSecret;
  /** 1, 2, …: grows by one with each rotation. */
  readonly generation: number;
}

/**
 * Opens an organization's custodian key; makes it at the first start.
 *
 * The file is JSON, `{ version, generation, secretKeyHex }`, mode 0600. Two processes that start at
 * once end up with the same key, and a crash leaves a whole file or none. Losing the file makes every
 * fragment of the organization unreadable; destroying it is what makes a purge physical.
 *
 * @throws ServiceError where the file is damaged, or open to other users of the machine.
 */
export async function openCustodianFile(path: string): Promise<CustodianFile> {
  const text = (await readIfPresent(path)) ?? (await create(path));
  return parse(text, path);
}

async function readIfPresent(path: string): Promise<string | null> {
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

/** Written aside, synced, then linked: the name appears once, with everything behind it. */
async function create(path: string): Promise<string> {
  const secretKeyHex = Buffer.from(SecretKey.random().toBEBytes()).toString('hex');
  const text = `${JSON.stringify({ version: FORMAT, generation: 1, secretKeyHex })}\n`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    await writeSynced(aside, text);
    await link(aside, path);
    await syncDirectory(dirname(path));
    return text;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    return await readFile(path, 'utf8');
  } finally {
    await rm(aside, { force: true });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
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

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === code;
}
