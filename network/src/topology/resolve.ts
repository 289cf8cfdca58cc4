import { NetworkError } from '../errors.js';
import { checkTopology } from './check.js';
import { withContract } from './contract.js';
import { derivedPorts } from './ports.js';
import type { TopologyFile } from './schema.js';
import type { Node, NodePorts, NodeRole, Organization, Topology, User } from './topology.js';

type OrganizationFile = TopologyFile['organizations'][number];

const DEFAULT_PEERS = { hospital: 2, regulator: 0 };

function resolveUser(user: OrganizationFile['users'][number], organization: string): User {
  const { name, role, department } = user;
  return {
    name,
    attributes: {
      'emr.user': user.userId ?? `${name}-${organization}`,
      role,
      ...(department === undefined ? {} : { department }),
    },
  };
}

/** Makes one organization's nodes: knows its block of ports and what the file says instead. */
class NodeMaker {
  readonly #file: OrganizationFile;
  readonly #basePort: number;
  readonly #index: number;
  readonly #host: string;
  readonly #address: string;

  constructor(
    file: OrganizationFile,
    basePort: number,
    index: number,
    place: { host: string; address: string },
  ) {
    this.#file = file;
    this.#basePort = basePort;
    this.#index = index;
    this.#host = place.host;
    this.#address = place.address;
  }

  make<R extends NodeRole>(role: R, index?: number): Node<R> {
    const short = index === undefined ? role : `${role}${String(index)}`;
    return {
      name: `${short}.${this.#file.name}`,
      short,
      role,
      organization: this.#file.name,
      host: this.#host,
      address: this.#address,
      ports: this.#ports(role, short, index),
    };
  }

  #ports<R extends NodeRole>(role: R, short: string, index = 0): NodePorts[R] {
    const ports = derivedPorts(role, this.#basePort, this.#index, index);
    return { ...ports, ...this.#file.ports[short] };
  }
}

function resolveOrganization(
  file: OrganizationFile,
  index: number,
  { basePort, hosts }: TopologyFile,
): Organization {
  const host = file.host ?? Object.keys(hosts)[0] ?? '';
  const address = hosts[host] ?? '';
  const maker = new NodeMaker(file, basePort, index, { host, address });
  const peers = file.peers ?? DEFAULT_PEERS[file.kind];
  const isHospital = file.kind === 'hospital';
  return {
    name: file.name,
    mspId: file.mspId,
    kind: file.kind,
    host,
    address,
    ca: maker.make('ca'),
    orderer: file.orderer ? maker.make('orderer') : null,
    peers: Array.from({ length: peers }, (_, i) => maker.make('peer', i)),
    contract: isHospital ? maker.make('contract') : null,
    kubo: isHospital ? maker.make('kubo') : null,
    users: file.users.map((user) => resolveUser(user, file.name)),
    ...(file.stateDatabase === undefined ? {} : { stateDatabase: file.stateDatabase }),
  };
}

/**
 * Fills in what the file leaves out and checks what spans several fields.
 *
 * @param source - how messages call the file
 * @throws {@link NetworkError} TOPOLOGY_INVALID with everything that is wrong
 */
export function resolveTopology(file: TopologyFile, source: string): Topology {
  const first: Topology = {
    name: file.name,
    channel: file.channel,
    tools: file.tools,
    hosts: file.hosts,
    contract: { ...file.contract, sequence: 1 },
    ordering: file.ordering,
    organizations: file.organizations.map((org, i) => resolveOrganization(org, i, file)),
  };
  const topology = withContract(first, file.contract);
  const problems = checkTopology(file, topology);
  if (problems.length > 0) {
    throw new NetworkError('TOPOLOGY_INVALID', { source, problem: problems.join('; ') });
  }
  return topology;
}
