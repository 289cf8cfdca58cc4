/**
 * A node as something else than this program runs it: program, environment, files, ports. The same
 * launch that `up` uses, with its paths where a deployment keeps them.
 *
 * @module
 */
import { join } from 'node:path';
import { caLaunch } from '../nodes/ca-launch.js';
import { listeners, type NodeContext } from '../nodes/context.js';
import { contractLaunch } from '../nodes/contract-launch.js';
import { kuboLaunch } from '../nodes/kubo-launch.js';
import { ordererLaunch } from '../nodes/orderer-launch.js';
import { peerEnvironment, secretVariables } from '../nodes/peer-launch.js';
import { productsOf } from '../tools/product.js';
import { Toolset } from '../tools/toolset.js';
import { isRole, type Node, nodesOf, type Topology } from '../topology/topology.js';
import { nodeContext } from '../up/node-context.js';

/** Where a deployment keeps the network's folder: what `emr network up` made on that host. */
export const STATE_DIR = '/var/lib/emr-network';

const NODE_PROGRAM = '/usr/bin/node';

/** Where a deployment keeps what does not change. */
export interface Layout {
  /** Absolute path of `bin/peer`, `config/core.yaml`, `builders/ccaas/bin/detect`. */
  locate: (path: string) => string;
  /** Entry point of the contract service. */
  contract: string;
}

export interface DeploymentUnit {
  node: Node;
  command: readonly string[];
  /** Without secrets, by name. */
  env: Readonly<Record<string, string>>;
  /** Variables with a private key or a password in them, to be set from a protected file; see `secretEnvironment`. */
  secretEnv: readonly string[];
  /** All that it may read of the network's folder: its own certificates and keys. */
  readable: readonly string[];
  /** All that it may write. */
  writable: readonly string[];
  listens: readonly { port: number; address: string; purpose: string }[];
  /** Names of the nodes of its organization that are there before it. */
  after: readonly string[];
}

/** The programs of the topology's versions, where a deployment has them. */
export function deployedToolset({ tools }: Topology, { locate }: Layout): Toolset {
  const products = productsOf(tools, { os: 'linux', arch: 'amd64' });
  return new Toolset(products.map((product) => ({ product, origin: 'folder', locate })));
}

function deployedContext(topology: Topology, host: string | null, layout: Layout): NodeContext {
  const command = [NODE_PROGRAM, layout.contract] as const;
  return nodeContext(topology, STATE_DIR, { command }, deployedToolset(topology, layout), host);
}

interface Launch {
  command: readonly string[];
  env: Readonly<Record<string, string>>;
}

function launchOf(node: Node, context: NodeContext): Launch {
  if (isRole(node, 'ca')) return caLaunch(node, context);
  if (isRole(node, 'orderer')) return ordererLaunch(node, context);
  if (isRole(node, 'contract')) return contractLaunch(node, context);
  if (isRole(node, 'kubo')) return kuboLaunch(node, context);
  if (!isRole(node, 'peer')) throw new Error(`no launch for role ${node.role}`);
  const command = [context.tools.program('peer'), 'node', 'start'];
  return { command, env: peerEnvironment(node, context) };
}

/** Each node sees its own keys; nobody's user, nor the CA's. */
function filesOf(
  node: Node,
  { paths }: NodeContext,
): Pick<DeploymentUnit, 'readable' | 'writable'> {
  const organization = paths.organization(node.organization);
  const identity = join(organization.dir, 'nodes', node.short);
  if (node.role === 'ca') return { readable: [], writable: [organization.caDir] };
  const data = paths.data(node.name);
  if (node.role === 'kubo') return { readable: [], writable: [data] };
  // The service makes its custodian key at the first start and a new one at each rotation.
  if (node.role === 'contract') {
    return { readable: [identity], writable: [data, join(organization.dir, 'custodian')] };
  }
  return { readable: [identity], writable: [data] };
}

function firstNodes(node: Node, { local }: NodeContext): string[] {
  const organization = local.organizations.find(({ name }) => name === node.organization);
  const isPeer = node.role === 'peer';
  return isPeer && organization?.contract ? [organization.contract.name] : [];
}

/**
 * How each node of a host is to be run, in the order of the topology.
 *
 * @param host - whose nodes; `null`: all
 */
export function deploymentUnits(
  topology: Topology,
  host: string | null,
  layout: Layout,
): DeploymentUnit[] {
  const context = deployedContext(topology, host, layout);
  return nodesOf(context.local).map((node) => {
    const { command, env } = launchOf(node, context);
    const sorted = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      node,
      command,
      env: Object.fromEntries(sorted),
      secretEnv: isRole(node, 'peer') ? secretVariables(node, topology) : [],
      ...filesOf(node, context),
      listens: listeners(node),
      after: firstNodes(node, context),
    };
  });
}
