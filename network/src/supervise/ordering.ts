import { metricsOf } from '../nodes/health.js';
import { livenessOf, readProcessRecord } from '../process/process-record.js';
import { type Node, orderers } from '../topology/topology.js';
import { openNetwork, type OpenNetwork } from '../up/open-network.js';
import { type OrdererReading, readingIn } from './ordering-reading.js';

/** `stopped`: by a command; `dead`: its process ended by itself; `mute`: it does not answer. */
export type OrdererState = 'running' | 'mute' | 'dead' | 'stopped';

export interface OrdererSample {
  node: string;
  state: OrdererState;
  /** Of its last process; `null` where it is stopped. */
  pid: number | null;
  /** While it is running. */
  reading: OrdererReading | null;
}

async function readingOf(
  node: Node<'orderer'>,
  { topology, paths }: OpenNetwork,
  signal?: AbortSignal,
): Promise<OrdererReading | null> {
  const metrics = await metricsOf(node, paths, signal);
  return metrics === null ? null : readingIn(metrics, topology.channel);
}

async function sampleOf(
  node: Node<'orderer'>,
  network: OpenNetwork,
  signal?: AbortSignal,
): Promise<OrdererSample> {
  const record = await readProcessRecord(network.paths.record(node.name));
  if (record === null) return { node: node.name, state: 'stopped', pid: null, reading: null };
  const { pid } = record;
  if ((await livenessOf(record)) !== 'running') {
    return { node: node.name, state: 'dead', pid, reading: null };
  }
  const reading = await readingOf(node, network, signal);
  return { node: node.name, state: reading === null ? 'mute' : 'running', pid, reading };
}

/** Asks every orderer of an open network, all at once; 3 s where one does not answer. */
export function sampleOrdering(
  network: OpenNetwork,
  signal?: AbortSignal,
): Promise<OrdererSample[]> {
  return Promise.all(orderers(network.topology).map((node) => sampleOf(node, network, signal)));
}

/**
 * How the orderers of a network are, in the order of the topology.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function ordering(dir: string, signal?: AbortSignal): Promise<OrdererSample[]> {
  return sampleOrdering(await openNetwork(dir), signal);
}
