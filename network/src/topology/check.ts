import { derivedPorts } from './ports.js';
import { nodesOf, nodesOfOrganization, orderers, type Topology } from './topology.js';
import type { TopologyFile } from './schema.js';

/** The fewest orderers of a BFT group that survives the loss or the malice of one. */
const MIN_BFT_ORDERERS = 4;
const ADMIN = 'admin';
const LAST_PORT = 65_535;

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))];
}

function checkNames({ organizations }: TopologyFile): string[] {
  return [
    ...repeated(organizations.map(({ name }) => name)).map(
      (n) => `organization ${n} is there twice`,
    ),
    ...repeated(organizations.map(({ mspId }) => mspId)).map((m) => `mspId ${m} is there twice`),
    ...organizations.flatMap(({ name, users }) => [
      ...repeated(users.map((user) => user.name)).map((u) => `${name} has user ${u} twice`),
      ...(users.some((user) => user.name === ADMIN)
        ? [`${name}: user ${ADMIN} is made for every organization; choose another name`]
        : []),
    ]),
  ];
}

function checkKinds({ organizations, hosts }: TopologyFile): string[] {
  const problems = organizations.flatMap(({ name, kind, peers, host }) => [
    ...(kind === 'regulator' && (peers ?? 0) > 0
      ? [`${name}: a regulator has no peers, for it holds no fragments`]
      : []),
    ...(kind === 'hospital' && peers === 0 ? [`${name}: a hospital needs a peer`] : []),
    ...(host !== undefined && !Object.hasOwn(hosts, host)
      ? [`${name}: there is no host ${host}`]
      : []),
  ]);
  if (!organizations.some(({ kind }) => kind === 'hospital')) problems.push('there is no hospital');
  if (Object.keys(hosts).length === 0) problems.push('hosts must not be empty');
  return problems;
}

function checkOrdering(topology: Topology): string[] {
  const { type, bft, batch, raft } = topology.ordering;
  const group = orderers(topology).length;
  const problems: string[] = [];
  if (group === 0) problems.push('no organization has an orderer');
  if (type === 'bft' && group > 0 && group < MIN_BFT_ORDERERS) {
    problems.push(
      `bft ordering needs ${String(MIN_BFT_ORDERERS)} orderers to survive one; there are ${String(group)} (raft ordering takes fewer)`,
    );
  }
  if (bft.requestForwardTimeoutMs > bft.requestComplainTimeoutMs) {
    problems.push('bft.requestForwardTimeoutMs must not exceed requestComplainTimeoutMs');
  }
  if (bft.requestComplainTimeoutMs > bft.requestAutoRemoveTimeoutMs) {
    problems.push('bft.requestComplainTimeoutMs must not exceed requestAutoRemoveTimeoutMs');
  }
  if (bft.viewChangeResendIntervalMs > bft.viewChangeTimeoutMs) {
    problems.push('bft.viewChangeResendIntervalMs must not exceed viewChangeTimeoutMs');
  }
  if (bft.requestPoolSize < 2 * batch.maxMessages) {
    problems.push('bft.requestPoolSize must be at least twice batch.maxMessages');
  }
  if (raft.heartbeatTicks >= raft.electionTicks) {
    problems.push('raft.heartbeatTicks must be less than electionTicks');
  }
  return problems;
}

function checkOverrides({ organizations, basePort }: TopologyFile, topology: Topology): string[] {
  return organizations.flatMap(({ name, ports }, i) => {
    const organization = topology.organizations[i];
    const nodes = organization === undefined ? [] : nodesOfOrganization(organization);
    return Object.entries(ports).flatMap(([short, overrides]) => {
      const role = nodes.find((node) => node.short === short)?.role;
      if (role === undefined) return [`${name}.ports: there is no node ${short}`];
      const known = Object.keys(derivedPorts(role, basePort, i));
      return Object.keys(overrides)
        .filter((port) => !known.includes(port))
        .map((port) => `${name}.ports.${short}: there is no port ${port} (${known.join(', ')})`);
    });
  });
}

/** Two peers in one database would overwrite each other's state: both use the channel's name. */
function checkStateDatabases({ organizations }: Topology): string[] {
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const { name, peers, stateDatabase } of organizations) {
    for (const [short, url] of Object.entries(stateDatabase?.couchdb ?? {})) {
      const peer = peers.find((one) => one.short === short)?.name;
      const owner = owners.get(url);
      if (peer === undefined) problems.push(`${name}.stateDatabase: there is no peer ${short}`);
      else if (owner !== undefined) {
        problems.push(`${owner} and ${peer} cannot share the CouchDB ${url}; give each its own`);
      } else owners.set(url, peer);
    }
  }
  return problems;
}

function checkPorts(topology: Topology): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const node of nodesOf(topology)) {
    for (const port of Object.values<number>(node.ports)) {
      const endpoint = `${node.address}:${String(port)}`;
      const owner = owners.get(endpoint);
      if (owner !== undefined) problems.push(`${endpoint} is used by ${owner} and ${node.name}`);
      if (port > LAST_PORT) problems.push(`${node.name}: there is no port ${String(port)}`);
      owners.set(endpoint, node.name);
    }
  }
  return problems;
}

/** Everything that is wrong with a file whose fields are each right; empty when nothing is. */
export function checkTopology(file: TopologyFile, topology: Topology): string[] {
  return [
    ...checkNames(file),
    ...checkKinds(file),
    ...checkOrdering(topology),
    ...checkOverrides(file, topology),
    ...checkPorts(topology),
    ...checkStateDatabases(topology),
  ];
}
