import type { NetworkPaths } from '../files/network-paths.js';
import type { Toolset } from '../tools/toolset.js';
import type { Node, NodeRole, Organization, Topology } from '../topology/topology.js';

/** How the contract service is run; this package imports no contract. */
export interface ContractCommand {
  /** Program and arguments, absolute paths: `[process.execPath, '/…/service/main.js']`. */
  command: readonly [program: string, ...args: string[]];
  /** Added to the environment that `contractLaunch` gives the service. */
  env?: Readonly<Record<string, string>>;
}

/** All that a node's launch depends on. */
export interface NodeContext {
  topology: Topology;
  /** The organizations on this host: all of them where the network has one host only. */
  local: Topology;
  paths: NetworkPaths;
  tools: Toolset;
  contract: ContractCommand;
  /** ID of the installed contract package, the same on every peer. */
  packageId: string;
  /** How long this host waits for what other hosts have to do. */
  othersLimitMs: number;
  /** An organization whose peers get blocks whose private data nobody has any more. */
  catchingUp?: string;
}

/** Names under which certificates beside the nodes' own stand. */
export const IDENTITIES = {
  /** TLS client of an organization's admins at operations and admin endpoints. */
  operator: 'operator',
  /** TLS client of the organization's peers at its contract service. */
  contractClient: 'contract-client',
  admin: 'admin',
} as const;

/** For people on several hosts to do their part. */
export const OTHERS_LIMIT_MS = 10 * 60_000;

/** Where interfaces listen that ask nobody who they are. */
export const LOOPBACK = '127.0.0.1';

/** Without a line for every call and every connection: gigabytes under load. */
export const LOGGING_SPEC = 'info:grpc=error:comm.grpc.server=warn';

export function organizationOf(topology: Topology, name: string): Organization {
  const found = topology.organizations.find((organization) => organization.name === name);
  if (found === undefined) throw new Error(`no organization ${name}`);
  return found;
}

/** Ports of a node that only its own host reaches. */
const ON_LOOPBACK: Partial<Record<NodeRole, string>> = { kubo: 'api', ca: 'operations' };

/** Where each of a node's ports listens. */
export function listeners(node: Node): { port: number; address: string; purpose: string }[] {
  return Object.entries<number>(node.ports).map(([purpose, port]) => {
    const isInner = ON_LOOPBACK[node.role] === purpose;
    return { purpose, port, address: isInner ? LOOPBACK : node.address };
  });
}

/** `address:port`, with brackets around an IPv6 address. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
