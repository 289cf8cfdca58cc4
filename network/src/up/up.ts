import { withLock } from '../files/lock.js';
import { networkPaths } from '../files/network-paths.js';
import { NetworkError } from '../errors.js';
import { type ContractCommand, OTHERS_LIMIT_MS } from '../nodes/context.js';
import { type OnProgress, silent } from '../progress.js';
import { boundLog } from '../process/bound-log.js';
import { startSupervisor } from '../supervise/detached.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { nodesOf, partOn, type Topology } from '../topology/topology.js';
import { nodeContext } from './node-context.js';
import { requirePorts } from './ports-free.js';
import { runAll } from './run-all.js';
import { NetworkState } from './state.js';
import { requireCredentials, withCredentialsFile } from './state-databases.js';
import { requireUsableDir } from './usable-dir.js';

const NO_WAIT = 0;

export interface UpOptions {
  /** The network's folder; see `defaultNetworkDir`. */
  dir: string;
  contract: ContractCommand;
  /** Whether a supervisor is left running beside the nodes; default yes. */
  supervise?: boolean;
  /** Which host of the topology this is: only its part is brought up. Needed where there are several. */
  host?: string | undefined;
  /** How long to wait for what other hosts have to do; 10 minutes by default. */
  othersLimitMs?: number | undefined;
  tools?: Omit<ToolOptions, 'onProgress' | 'signal'>;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** @throws {@link NetworkError} HOST_NEEDED, HOST_UNKNOWN */
function hostOf(topology: Topology, named: string | undefined): string | null {
  const hosts = Object.keys(topology.hosts);
  const known = hosts.join(', ');
  if (named !== undefined && !hosts.includes(named)) {
    throw new NetworkError('HOST_UNKNOWN', { host: named, known });
  }
  if (hosts.length === 1) return null;
  if (named === undefined) throw new NetworkError('HOST_NEEDED', { known });
  return named;
}

/**
 * Brings the network up: gets the tools, starts and enrols what does not run yet, makes the channel,
 * deploys the contract, and returns when all of it serves. Safe to repeat: what is done is left as
 * it is, and what an interrupted run left half done is finished. Under a minute on two cores once
 * the tools are there; the nodes live on after this process. Of a network on several hosts it
 * brings up one host's part, and waits where other hosts must do theirs first.
 *
 * @throws {@link NetworkError} HOST_NEEDED, HOST_UNKNOWN, TOOL_UNAVAILABLE, PORTS_TAKEN, NETWORK_BUSY,
 *   TOPOLOGY_CHANGED, STATE_DATABASE_CHANGED, COUCHDB_CREDENTIALS, NETWORK_DIR_FOREIGN, MATERIAL_MISSING, GENESIS_DIFFERS, NODE_EXITED,
 *   NODE_UNHEALTHY, CA_REFUSED, COMMAND_FAILED, TIMEOUT
 */
export async function up(asked: Topology, options: UpOptions): Promise<void> {
  const dir = requireUsableDir(options.dir);
  const { contract, onProgress = silent, signal } = options;
  const paths = networkPaths(dir);
  const host = hostOf(asked, options.host);
  const configured = withCredentialsFile(asked, process.env);
  await requireCredentials(partOn(configured, host));
  const abort = signal === undefined ? {} : { signal };
  await withLock(paths.lock, { waitMs: NO_WAIT, ...abort }, async () => {
    const state = await NetworkState.begin(paths, configured, contract, host);
    const { topology } = state;
    const tools = await resolveTools(topology.tools, { ...options.tools, onProgress, ...abort });
    await requirePorts(partOn(topology, host), paths);
    for (const { name } of nodesOf(partOn(topology, host))) await boundLog(paths.log(name));
    const { othersLimitMs = OTHERS_LIMIT_MS } = options;
    const context = { ...nodeContext(topology, dir, contract, tools, host), othersLimitMs };
    await runAll(context, state, { onProgress, signal });
    if (options.supervise ?? true) await startSupervisor(paths, options.tools);
  });
}
