import type { NetworkPaths } from '../files/network-paths.js';
import type { Toolset } from '../tools/toolset.js';
import type { Organization, Topology } from '../topology/topology.js';

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
  paths: NetworkPaths;
  tools: Toolset;
  contract: ContractCommand;
  /** ID of the installed contract package, the same on every peer. */
  packageId: string;
}

/** Names under which certificates beside the nodes' own stand. */
export const IDENTITIES = {
  /** TLS client of an organization's admins at operations and admin endpoints. */
  operator: 'operator',
  /** TLS client of the organization's peers at its contract service. */
  contractClient: 'contract-client',
  admin: 'admin',
} as const;

/** Without a line for every call and every connection: gigabytes under load. */
export const LOGGING_SPEC = 'info:grpc=error:comm.grpc.server=warn';

export function organizationOf(topology: Topology, name: string): Organization {
  const found = topology.organizations.find((organization) => organization.name === name);
  if (found === undefined) throw new Error(`no organization ${name}`);
  return found;
}

/** `address:port`, with brackets around an IPv6 address. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
