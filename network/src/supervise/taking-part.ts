/**
 * When an orderer that was started counts again: only then may another one be stopped.
 *
 * @module
 */
import { orderers } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';
import { type OrdererSample, sampleOrdering } from './ordering.js';
import { quorumOf } from './ordering-judge.js';

export interface TakingPartOptions {
  /** Default 60 s. */
  limitMs?: number;
  signal?: AbortSignal | undefined;
}

const LIMIT_MS = 60_000;
/** Pages are not read at one moment: under load the highest may be one block ahead by then. */
const SKEW_BLOCKS = 1;

const waiting = ({ reading }: OrdererSample): number => reading?.waiting ?? 0;

/**
 * Whether the orderer has voted on a block since its start and keeps up; or has every block, and
 * nothing is under way that it could have missed.
 */
export function takesPart(name: string, samples: readonly OrdererSample[]): boolean {
  const own = samples.find(({ node }) => node === name)?.reading ?? null;
  if (own === null) return false;
  const highest = Math.max(...samples.map(({ reading }) => reading?.height ?? 0));
  if ((own.decided ?? 0) > 0) return own.height >= highest - SKEW_BLOCKS;
  return own.height === highest && samples.every((sample) => waiting(sample) === 0);
}

/**
 * Waits until those of the named nodes that are orderers take part in ordering; not while too few run
 * for any to be done. That a node is healthy and has all blocks does not say so: under load it has
 * missed the proposal that is being voted on.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID; TIMEOUT
 */
export async function waitTakingPart(
  dir: string,
  names: readonly string[],
  { limitMs = LIMIT_MS, signal }: TakingPartOptions = {},
): Promise<void> {
  const network = await openNetwork(dir);
  const wanted = orderers(network.topology)
    .map(({ name }) => name)
    .filter((name) => names.includes(name));
  if (wanted.length === 0) return;
  const { type } = network.topology.ordering;
  const quorum = quorumOf(orderers(network.topology).length, type);
  await waitFor(`${wanted.join(', ')} to take part in ordering`, { limitMs, signal }, async () => {
    const samples = await sampleOrdering(network, signal);
    const isOrdering = samples.filter(({ state }) => state === 'running').length >= quorum;
    return !isOrdering || wanted.every((name) => takesPart(name, samples)) ? true : null;
  });
}
