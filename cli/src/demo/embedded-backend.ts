/**
 * The story's back end on the embedded consortium.
 *
 * @module
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Consortium } from '@emr-share/embedded';
import { readBytes } from '@emr-share/gateway-client';
import { ORGANIZATIONS } from '../data/organizations.js';
import type { Damage, DemoBackend } from './backend.js';

/** The store cuts content into blocks of this size at most. */
const BLOCK_BYTES = 1024 * 1024;

async function fileWithBytes(directory: string, bytes: Uint8Array): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await stat(path)).size === bytes.length && (await readFile(path)).equals(bytes))
      return path;
  }
  throw new Error('the store has no file with exactly the bytes of this block');
}

async function flipBit(path: string, offset: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, offset);
  await file.sync();
}

async function damageBlock(consortium: Consortium, blobs: string, cid: string): Promise<Damage> {
  const block = await readBytes(consortium.blobs.get(cid, { lengthBytes: BLOCK_BYTES }));
  const path = await fileWithBytes(blobs, block);
  const offset = Math.floor(block.length / 2);
  await flipBit(path, offset);
  return {
    what: `bit 0 of byte ${String(offset)} in a block of ${String(block.length)} bytes`,
    heal: () => flipBit(path, offset),
  };
}

/** Founds a consortium in `directory`, which must be empty or missing. */
export async function openEmbeddedBackend(
  directory: string,
  signal: AbortSignal,
): Promise<DemoBackend> {
  const consortium = await Consortium.open({ directory, organizations: ORGANIZATIONS, signal });
  return {
    name: 'embedded',
    organizations: ORGANIZATIONS,
    blobs: consortium.blobs,
    enrol: async (mspId, enrolment) => {
      const { identity } = await consortium.enrol(mspId, enrolment);
      return consortium.ledger(identity);
    },
    damage: (cid) => damageBlock(consortium, join(directory, 'blobs'), cid),
    verify: async () => (await consortium.verify({ signal })).organizations,
    [Symbol.asyncDispose]: () => consortium.close(),
  };
}
