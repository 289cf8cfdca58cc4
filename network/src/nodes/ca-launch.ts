import type { ProcessLaunch } from '../process/start-process.js';
import type { Node } from '../topology/topology.js';
import type { NodeContext } from './context.js';

/** The organization's CA server; its settings are in the files of its home. */
export function caLaunch(
  node: Node<'ca'>,
  { paths, tools }: Pick<NodeContext, 'paths' | 'tools'>,
): ProcessLaunch {
  const { caHome } = paths.organization(node.organization);
  return {
    node: node.name,
    command: [tools.program('fabric-ca-server'), 'start'],
    env: { FABRIC_CA_SERVER_HOME: caHome },
    cwd: caHome,
    log: paths.log(node.name),
    record: paths.record(node.name),
  };
}
