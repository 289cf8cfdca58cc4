import { NetworkError } from '../errors.js';
import type { Topology } from '../topology/topology.js';
import { renderCompose } from './compose.js';
import { renderKubernetes } from './k8s.js';
import { renderSystemd } from './systemd.js';

const RENDERERS = { systemd: renderSystemd, compose: renderCompose, k8s: renderKubernetes };

export type DeploymentFormat = keyof typeof RENDERERS;
export const DEPLOYMENT_FORMATS = ['systemd', 'compose', 'k8s'] as const;

/**
 * Files by which something else than this program runs the nodes, from a state folder that `up` has
 * made: the same for the same topology, without secrets, each node with its own files only.
 *
 * @param host - whose nodes; `null`: all
 * @returns file name → content
 * @throws {@link NetworkError} HOST_UNKNOWN
 */
export function renderDeployment(
  topology: Topology,
  format: DeploymentFormat,
  host: string | null = null,
): Record<string, string> {
  const known = Object.keys(topology.hosts);
  if (host !== null && !known.includes(host)) {
    throw new NetworkError('HOST_UNKNOWN', { host, known: known.join(', ') });
  }
  return RENDERERS[format](topology, host);
}
