import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Keyring } from '@emr-share/gateway-client';
import { writeFileAtomically } from '@emr-share/gateway-client/node';

const SEED_BYTES = 32;
const SEED_FILE = 'admin-seed.hex';

/** The seed of an organization's admin, beside the admin's enrolment key; made at the first call. */
export async function adminKeyring(organizationDir: string): Promise<Keyring> {
  const path = join(organizationDir, 'users', 'admin', SEED_FILE);
  const seedHex = await unless('ENOENT', readFile(path, 'utf8'));
  const seed = Buffer.from((seedHex ?? (await make(path))).trim(), 'hex');
  return Keyring.fromSeed(Uint8Array.from(seed));
}

/** Of two processes at once, both end up with the same seed. */
async function make(path: string): Promise<string> {
  const seedHex = `${randomBytes(SEED_BYTES).toString('hex')}\n`;
  await unless('EEXIST', writeFileAtomically(path, seedHex, { overwrite: false }));
  return readFile(path, 'utf8');
}

/** `null` where it fails with that code. */
async function unless<T>(code: string, attempt: Promise<T>): Promise<T | null> {
  return attempt.catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === code) return null;
    throw error;
  });
}
