import type { ProcessLaunch } from '../process/start-process.js';
import type { Node } from '../topology/topology.js';
import type { NodeContext } from './context.js';

/** A hospital's Kubo node: refuses to run without the swarm key, tells nobody that it exists. */
export function kuboLaunch(
  node: Node<'kubo'>,
  { paths, tools }: Pick<NodeContext, 'paths' | 'tools'>,
): ProcessLaunch {
  const repo = paths.data(node.name);
  return {
    node: node.name,
    command: [tools.program('ipfs'), 'daemon'],
    env: {
      IPFS_PATH: repo,
      HOME: repo,
      LIBP2P_FORCE_PNET: '1',
      IPFS_TELEMETRY: 'off',
    },
    cwd: repo,
    log: paths.log(node.name),
    record: paths.record(node.name),
  };
}
