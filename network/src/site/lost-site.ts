/**
 * What of an organization's site is there, on this host's disk and among its processes.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import { isSystemError, NetworkError } from '../errors.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { runningRecord } from '../nodes/run-node.js';
import { nodesOfOrganization, type Organization } from '../topology/topology.js';

async function isEmpty(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).length === 0;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true;
    throw error;
  }
}

/** Folders in which an organization keeps what nobody else has. */
export function siteFolders(organization: Organization, paths: NetworkPaths): string[] {
  const { dir, caDir } = paths.organization(organization.name);
  return [dir, caDir, ...nodesOfOrganization(organization).map(({ name }) => paths.data(name))];
}

/** What is left of the site: its processes, and folders with something in them. */
export async function remainsOf(
  organization: Organization,
  paths: NetworkPaths,
): Promise<{ running: string[]; folders: string[] }> {
  const running: string[] = [];
  for (const node of nodesOfOrganization(organization)) {
    if ((await runningRecord(node, paths)) !== null) running.push(node.name);
  }
  const folders: string[] = [];
  for (const folder of siteFolders(organization, paths)) {
    if (!(await isEmpty(folder))) folders.push(folder);
  }
  return { running, folders };
}

/**
 * A site of which something is left is not made anew: what is left is better than what could be made.
 *
 * @throws {@link NetworkError} ADMIN_REFUSED with what is left
 */
export async function requireLost(organization: Organization, paths: NetworkPaths): Promise<void> {
  const { running, folders } = await remainsOf(organization, paths);
  const left = running.length > 0 ? running : folders;
  if (left.length === 0) return;
  const [verb, advice] =
    running.length > 0
      ? ['still run', 'stop them, and see what is on its disks']
      : ['are still there', 'bring the network up; or move them away, if the site must start anew'];
  throw new NetworkError('ADMIN_REFUSED', {
    action: `restore the site ${organization.name}`,
    problem: `it is not lost: ${left.join(', ')} ${verb}; ${advice}`,
  });
}
