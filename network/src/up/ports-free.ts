import { once } from 'node:events';
import { createServer } from 'node:net';
import { NetworkError } from '../errors.js';
import { endpoint, listeners } from '../nodes/context.js';
import { runningRecord } from '../nodes/run-node.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { type Node, nodesOf, type Topology } from '../topology/topology.js';

/** Ports that a message names. */
const SHOWN = 4;

/** Whether nothing listens there: found out by listening there for a moment. */
export async function isPortFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: address, port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** `NODE PORT` of every port that a node wants and another program has. */
export async function takenPorts(nodes: readonly Node[], paths: NetworkPaths): Promise<string[]> {
  const taken: string[] = [];
  for (const node of nodes) {
    if ((await runningRecord(node, paths)) !== null) continue;
    for (const { address, port } of listeners(node)) {
      if (await isPortFree(address, port)) continue;
      taken.push(`${endpoint(address, port)} for ${node.name}`);
    }
  }
  return taken;
}

/** @throws {@link NetworkError} PORTS_TAKEN */
export async function requirePorts(topology: Topology, paths: NetworkPaths): Promise<void> {
  const taken = await takenPorts(nodesOf(topology), paths);
  if (taken.length === 0) return;
  const more = taken.length > SHOWN ? `, and ${String(taken.length - SHOWN)} more` : '';
  throw new NetworkError('PORTS_TAKEN', { ports: `${taken.slice(0, SHOWN).join(', ')}${more}` });
}
