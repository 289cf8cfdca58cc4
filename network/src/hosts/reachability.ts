import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { problemOf } from '../errors.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { httpRequest } from '../http-request.js';
import { endpoint } from '../nodes/context.js';
import { handshakeProblem } from '../nodes/health.js';
import { isRole, type Node } from '../topology/topology.js';

const LIMIT_MS = 3_000;

export interface Reachability {
  /** `elsewhere`: it takes no calls from other hosts. */
  state: 'reachable' | 'unreachable' | 'elsewhere';
  problem: string | null;
}

async function connectionProblem(address: string, port: number): Promise<string | null> {
  const socket = connect({ host: address, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LIMIT_MS) });
    return null;
  } finally {
    socket.destroy();
  }
}

async function remoteProblem(
  node: Node,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<string | null> {
  const { caCertificate, tlsCaCertificate } = paths.organization(node.organization);
  if (isRole(node, 'peer') || isRole(node, 'orderer')) {
    const at = { address: node.address, port: node.ports.grpc };
    return handshakeProblem(at, { ca: await readFile(tlsCaCertificate, 'utf8') });
  }
  if (isRole(node, 'ca')) {
    const tls = { ca: await readFile(caCertificate, 'utf8') };
    const url = `https://${endpoint(node.address, node.ports.api)}/cainfo?ca=ca`;
    const { status } = await httpRequest(url, { tls, limitMs: LIMIT_MS, signal });
    return status === 200 ? null : `status ${String(status)}`;
  }
  return isRole(node, 'kubo') ? connectionProblem(node.address, node.ports.swarm) : null;
}

/**
 * Whether a node of another host answers this one: by a TLS handshake against its organization's
 * imported root where it speaks TLS. Under 3 s.
 */
export async function reachability(
  node: Node,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<Reachability> {
  if (node.role === 'contract') return { state: 'elsewhere', problem: null };
  try {
    const problem = await remoteProblem(node, paths, signal);
    return { state: problem === null ? 'reachable' : 'unreachable', problem };
  } catch (error) {
    signal?.throwIfAborted();
    return { state: 'unreachable', problem: problemOf(error) };
  }
}
