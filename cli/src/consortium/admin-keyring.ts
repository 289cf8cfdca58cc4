import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Keyring } from '@emr-share/gateway-client';

const SEED_BYTES = 32;
const SEED_FILE = 'admin-seed.hex';

/** The seed of an organization's admin, beside the admin's enrolment key; made at the first call. */
export async function adminKeyring(organizationDir: string): Promise<Keyring> {
  const path = join(organizationDir, 'users', 'admin', SEED_FILE);
  const seedHex = (await readIfThere(path)) ?? (await make(path));
  return Keyring.fromSeed(Uint8Array.from(Buffer.from(seedHex.trim(), 'hex')));
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Linked into place: of two processes at once, both end up with the same seed. */
async function make(path: string): Promise<string> {
  const aside = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  await writeFile(aside, `${randomBytes(SEED_BYTES).toString('hex')}\n`, {
    mode: 0o600,
    flush: true,
  });
  try {
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside);
  }
  return readFile(path, 'utf8');
}
