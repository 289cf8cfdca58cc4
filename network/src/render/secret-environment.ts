import { peerLaunch, secretVariables } from '../nodes/peer-launch.js';
import type { Toolset } from '../tools/toolset.js';
import { isRole, nodesOf } from '../topology/topology.js';
import { nodeContext } from '../up/node-context.js';
import { openNetwork } from '../up/open-network.js';
import { deployedToolset } from './unit.js';

/**
 * What a deployment must give its peers from protected files: `NODE.env` → lines. Holds the key by
 * which the organization's peers reach its contract service, and the credentials for their CouchDB.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID, COUCHDB_CREDENTIALS
 */
export async function secretEnvironments(dir: string): Promise<Record<string, string>> {
  const { topology, local, paths, state } = await openNetwork(dir);
  const tools: Toolset = deployedToolset(topology, { locate: (path) => path, contract: '' });
  const context = nodeContext(topology, paths.dir, state.contract, tools, state.host);
  const entries: [string, string][] = [];
  for (const node of nodesOf(local).filter((one) => isRole(one, 'peer'))) {
    const { env, secretEnv } = await peerLaunch(node, context);
    const values: Readonly<Record<string, string>> = { ...env, ...secretEnv };
    // Single quotes: systemd and Compose then take backslashes and double quotes as they are.
    const lines = secretVariables(node, topology).map(
      (name) => `${name}='${values[name] ?? ''}'\n`,
    );
    entries.push([`${node.name}.env`, lines.join('')]);
  }
  return Object.fromEntries(entries);
}
