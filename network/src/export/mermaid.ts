import { hospitals, orderers, type Organization, type Topology } from '../topology/topology.js';
import { endpoint } from '../nodes/context.js';

const id = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_');

function box(name: string, detail: string): string {
  return `    ${id(name)}["${name}<br/>${detail}"]`;
}

function organizationLines({ name, mspId, address, ...nodes }: Organization): string[] {
  const at = (port: number): string => endpoint(address, port);
  const { ca, orderer, peers, contract, kubo } = nodes;
  return [
    `  subgraph ${id(name)}["${name} · ${mspId}"]`,
    box(ca.name, at(ca.ports.api)),
    ...(orderer === null ? [] : [box(orderer.name, at(orderer.ports.grpc))]),
    ...peers.map((peer) => box(peer.name, at(peer.ports.grpc))),
    ...(contract === null ? [] : [box(contract.name, at(contract.ports.grpc))]),
    ...(kubo === null ? [] : [box(kubo.name, at(kubo.ports.api))]),
    ...peers.flatMap((peer) =>
      contract === null ? [] : [`    ${id(peer.name)} -- mTLS --> ${id(contract.name)}`],
    ),
    '  end',
  ];
}

/** Every one with the next, and the last with the first: enough to show that all are connected. */
function ring(names: readonly string[], link: string): string[] {
  const pairs = names.length < 3 ? names.length - 1 : names.length;
  return Array.from({ length: Math.max(0, pairs) }, (_, i) => {
    const next = names[(i + 1) % names.length] ?? '';
    return `  ${id(names[i] ?? '')} ${link} ${id(next)}`;
  });
}

/** The topology as a Mermaid flowchart: organizations, their nodes, and who talks to whom. */
export function mermaid(topology: Topology): string {
  const { type } = topology.ordering;
  const orderer = orderers(topology).map(({ name }) => name);
  const kubo = hospitals(topology).flatMap((hospital) => hospital.kubo?.name ?? []);
  const firstPeers = hospitals(topology).flatMap(({ peers: [first] }) => first?.name ?? []);
  return [
    'flowchart LR',
    ...topology.organizations.flatMap(organizationLines),
    ...ring(orderer, `<==>|${type}|`),
    ...ring(firstPeers, '<-.->|gossip|'),
    ...ring(kubo, '<-.->|swarm|'),
    '',
  ].join('\n');
}
