/**
 * A network as resolved from its topology file: every default filled in, every port known.
 *
 * @module
 */
import type { TopologyFile } from './schema.js';

export type NodeRole = 'ca' | 'orderer' | 'peer' | 'contract' | 'kubo';

/** What listens where, by role. Every port is TCP on the address of the node's host. */
export interface NodePorts {
  ca: { api: number; operations: number };
  orderer: { grpc: number; admin: number; operations: number };
  peer: { grpc: number; chaincode: number; operations: number };
  /** The two change places with each upgrade of the contract: `grpc` is the one in use. */
  contract: { grpc: number; standby: number };
  kubo: { swarm: number; api: number };
}

/** One process of the network. */
export interface Node<R extends NodeRole = NodeRole> {
  /** `peer0.hospa`: unique in the network. */
  name: string;
  /** `peer0`: unique in the organization. */
  short: string;
  role: R;
  organization: string;
  host: string;
  address: string;
  ports: NodePorts[R];
}

export interface User {
  name: string;
  /** Certificate attributes: `emr.user`, `role`, `department`. */
  attributes: Readonly<Record<string, string>>;
}

/** Which peers keep their state in CouchDB rather than in LevelDB. */
export interface StateDatabase {
  /** Peer (`peer0`) → `http://host:port`. */
  couchdb: Readonly<Record<string, string>>;
  /** Absolute path of the file with the user and the password; see `readCouchdbCredentials`. */
  credentialsFile?: string | undefined;
}

export interface Organization {
  name: string;
  mspId: string;
  kind: 'hospital' | 'regulator';
  host: string;
  address: string;
  ca: Node<'ca'>;
  orderer: Node<'orderer'> | null;
  peers: readonly Node<'peer'>[];
  /** A hospital's contract service and store; a regulator has neither. */
  contract: Node<'contract'> | null;
  kubo: Node<'kubo'> | null;
  users: readonly User[];
  /** Not there where all peers use LevelDB. */
  stateDatabase?: StateDatabase;
}

export interface Topology {
  name: string;
  channel: string;
  tools: TopologyFile['tools'];
  hosts: Readonly<Record<string, string>>;
  contract: TopologyFile['contract'];
  ordering: TopologyFile['ordering'];
  organizations: readonly Organization[];
}

/** Organizations that endorse, in the order of the file. */
export function hospitals(topology: Topology): readonly Organization[] {
  return topology.organizations.filter(({ kind }) => kind === 'hospital');
}

export function orderers(topology: Topology): readonly Node<'orderer'>[] {
  return topology.organizations.flatMap(({ orderer }) => orderer ?? []);
}

export function nodesOfOrganization(organization: Organization): readonly Node[] {
  const { ca, orderer, peers, contract, kubo } = organization;
  return [ca, orderer, ...peers, contract, kubo].filter((node) => node !== null);
}

/** Every process of the network, by organization. */
export function nodesOf(topology: Topology): readonly Node[] {
  return topology.organizations.flatMap(nodesOfOrganization);
}

/** The topology with the organizations of that host only; whole for `null`. */
export function partOn(topology: Topology, host: string | null): Topology {
  if (host === null) return topology;
  const organizations = topology.organizations.filter((organization) => organization.host === host);
  return { ...topology, organizations };
}

export function isRole<R extends NodeRole>(node: Node, role: R): node is Node<R> {
  return node.role === role;
}
