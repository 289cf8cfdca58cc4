/**
 * What a client of an organization needs to find the network, in the form of Fabric's common
 * connection profile, with the stores beside it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { endpoint, LOOPBACK } from '../nodes/context.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { openNetwork } from '../up/open-network.js';
import {
  hospitals,
  orderers,
  type Node,
  type Organization,
  type Topology,
} from '../topology/topology.js';

interface TlsEndpoint {
  /** `grpcs://host:port` or `https://host:port`. */
  url: string;
  /** Roots that the server's certificate must lead to. */
  tlsCACerts: { pem: string };
  /** The name in that certificate to check against, where `host` is an IP address. */
  grpcOptions?: { 'ssl-target-name-override': string };
}

export interface ConnectionProfile {
  name: string;
  version: '1.0.0';
  client: { organization: string };
  channels: Record<string, { orderers: string[]; peers: Record<string, object> }>;
  organizations: Record<
    string,
    { mspid: string; peers: string[]; certificateAuthorities: string[] }
  >;
  /** Peers whose gateway a client may use, its own organization's first. */
  peers: Record<string, TlsEndpoint>;
  /** For clients that hand transactions to orderers themselves. */
  orderers: Record<string, TlsEndpoint>;
  certificateAuthorities: Record<string, TlsEndpoint & { caName: 'ca' }>;
  /** Contract to call. */
  contract: string;
  /**
   * RPC API of the Kubo nodes on the organization's host, its own first. It has no authentication and
   * answers on that host only.
   */
  stores: { organization: string; url: string }[];
}

function grpcEndpoint(node: Node<'peer' | 'orderer'>, pem: string): TlsEndpoint {
  return {
    url: `grpcs://${endpoint(node.address, node.ports.grpc)}`,
    tlsCACerts: { pem },
    grpcOptions: { 'ssl-target-name-override': node.name },
  };
}

async function orderersOf(
  topology: Topology,
  paths: NetworkPaths,
): Promise<Record<string, TlsEndpoint>> {
  const entries = orderers(topology).map(async (node) => {
    const pem = await readFile(paths.organization(node.organization).tlsCaCertificate, 'utf8');
    return [node.name, grpcEndpoint(node, pem)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function profileOf(
  organization: Organization,
  topology: Topology,
  paths: NetworkPaths,
): Promise<ConnectionProfile> {
  const others = hospitals(topology).filter(({ name }) => name !== organization.name);
  const ordered = [organization, ...others];
  const peers: Record<string, TlsEndpoint> = {};
  for (const { name, peers: nodes } of ordered) {
    const pem = await readFile(paths.organization(name).tlsCaCertificate, 'utf8');
    for (const node of nodes) peers[node.name] = grpcEndpoint(node, pem);
  }
  const ordering = await orderersOf(topology, paths);
  const { ca } = organization;
  const caPem = await readFile(paths.organization(organization.name).caCertificate, 'utf8');
  return {
    name: `${topology.name}-${organization.name}`,
    version: '1.0.0',
    client: { organization: organization.name },
    channels: {
      [topology.channel]: {
        orderers: Object.keys(ordering),
        peers: Object.fromEntries(Object.keys(peers).map((name) => [name, {}])),
      },
    },
    organizations: Object.fromEntries(
      ordered.map(({ name, mspId, peers: nodes, ca: { name: caName } }) => [
        name,
        {
          mspid: mspId,
          peers: nodes.map((node) => node.name),
          certificateAuthorities: name === organization.name ? [caName] : [],
        },
      ]),
    ),
    peers,
    orderers: ordering,
    certificateAuthorities: {
      [ca.name]: {
        url: `https://${endpoint(ca.address, ca.ports.api)}`,
        caName: 'ca',
        tlsCACerts: { pem: caPem },
      },
    },
    contract: topology.contract.name,
    stores: ordered
      .filter(({ host }) => host === organization.host)
      .flatMap(({ name, kubo }) =>
        kubo === null
          ? []
          : [{ organization: name, url: `http://${endpoint(LOOPBACK, kubo.ports.api)}` }],
      ),
  };
}

/**
 * One profile for each organization; a regulator's names the hospitals' peers, for it has none.
 * Public certificates only, no keys.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function connectionProfiles(dir: string): Promise<Record<string, ConnectionProfile>> {
  const { topology, paths } = await openNetwork(dir);
  const entries = topology.organizations.map(async (organization) => [
    organization.name,
    await profileOf(organization, topology, paths),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, ConnectionProfile>;
}
