import type { NodePorts, NodeRole } from './topology.js';

/** Each organization has a block of this many ports, in the order of the file. */
export const PORTS_PER_ORGANIZATION = 100;

const OFFSETS: { [R in NodeRole]: NodePorts[R] } = {
  ca: { api: 0, operations: 1 },
  orderer: { grpc: 10, admin: 11, operations: 12 },
  contract: { grpc: 20, standby: 21 },
  kubo: { swarm: 30, api: 31 },
  peer: { grpc: 40, chaincode: 41, operations: 42 },
};
const PORTS_PER_PEER = 5;

/** The ports of a node: its organization's block, its role's place in it, its index. */
export function derivedPorts<R extends NodeRole>(
  role: R,
  basePort: number,
  organizationIndex: number,
  index = 0,
): NodePorts[R] {
  const first = basePort + organizationIndex * PORTS_PER_ORGANIZATION + index * PORTS_PER_PEER;
  const entries = Object.entries<number>(OFFSETS[role]).map(([port, offset]) => [
    port,
    first + offset,
  ]);
  return Object.fromEntries(entries) as NodePorts[R];
}
