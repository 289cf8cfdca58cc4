/**
 * The mark of a restore that has begun: what is there of the site since is its work, to go on from.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeSecret } from '../files/atomic.js';
import type { NetworkPaths } from '../files/network-paths.js';

function markFile({ dir }: NetworkPaths, organization: string): string {
  return join(dir, 'restoring', `${organization}.json`);
}

export async function isRestoring(paths: NetworkPaths, organization: string): Promise<boolean> {
  return (await readIfThere(markFile(paths, organization))) !== null;
}

export async function markRestoring(paths: NetworkPaths, organization: string): Promise<void> {
  const mark = { organization, since: new Date().toISOString() };
  await writeSecret(markFile(paths, organization), `${JSON.stringify(mark)}\n`);
}

export async function unmarkRestoring(paths: NetworkPaths, organization: string): Promise<void> {
  await rm(markFile(paths, organization), { force: true });
}
