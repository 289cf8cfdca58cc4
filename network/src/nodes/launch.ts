import { createHash } from 'node:crypto';
import { readIfThere } from '../files/atomic.js';
import type { ProcessLaunch } from '../process/start-process.js';
import { isRole, type Node } from '../topology/topology.js';
import { caLaunch } from './ca-launch.js';
import type { NodeContext } from './context.js';
import { contractLaunch } from './contract-launch.js';
import { kuboLaunch } from './kubo-launch.js';
import { ordererLaunch } from './orderer-launch.js';
import { peerLaunch } from './peer-launch.js';

async function launchAsConfigured(node: Node, context: NodeContext): Promise<ProcessLaunch> {
  if (isRole(node, 'ca')) return caLaunch(node, context);
  if (isRole(node, 'orderer')) return ordererLaunch(node, context);
  if (isRole(node, 'peer')) return peerLaunch(node, context);
  if (isRole(node, 'contract')) return contractLaunch(node, context);
  if (isRole(node, 'kubo')) return kuboLaunch(node, context);
  throw new Error(`no launch for role ${node.role}`);
}

/** Over the node's own certificates: a renewed one takes effect at a start only. */
async function certificatesDigest(node: Node, { paths }: NodeContext): Promise<string> {
  const { certificate, tlsCertificate } = paths.organization(node.organization).node(node.short);
  const hash = createHash('sha256');
  for (const path of [certificate, tlsCertificate]) hash.update((await readIfThere(path)) ?? '');
  return hash.digest('hex');
}

/** What to run for a node. Reads certificates that the launch carries; starts nothing. */
export async function launchOf(node: Node, context: NodeContext): Promise<ProcessLaunch> {
  const launch = await launchAsConfigured(node, context);
  if (isRole(node, 'ca') || isRole(node, 'kubo')) return launch;
  const EMR_CERTIFICATES = await certificatesDigest(node, context);
  return { ...launch, env: { ...launch.env, EMR_CERTIFICATES } };
}
