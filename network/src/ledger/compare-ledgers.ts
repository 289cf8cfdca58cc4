/**
 * Whether all copies of the ledger are the same one, byte for byte.
 *
 * @module
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerCli } from '../channel/peer-cli.js';
import { endpoint, type NodeContext } from '../nodes/context.js';
import { heightOf } from '../nodes/health.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { hospitals, type Node, orderers } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';
import { blockHeader } from './block-header.js';
import { ledgerDigest } from './peer-snapshot.js';

const LEVEL_LIMIT_MS = 60_000;
/** Somebody may commit a block between two snapshots. */
const ATTEMPTS = 3;

/** One node's ledger: its height and the hash of its last block, hex. */
export interface LedgerCopy {
  node: string;
  height: number;
  lastBlockHash: string;
  /** Of a peer: over blocks, state, hashes of private data, transaction IDs. An orderer has no state. */
  snapshotHash: string | null;
}

export interface LedgerComparison {
  /** Every height and every block hash is the same, and every peer's snapshot hash. */
  equal: boolean;
  copies: readonly LedgerCopy[];
}

export interface CompareOptions {
  tools?: ToolOptions;
  /** How long the copies may take to reach one height; 60 s by default. */
  limitMs?: number;
  signal?: AbortSignal;
}

type Context = Pick<NodeContext, 'topology' | 'paths' | 'tools'>;
type LedgerNode = Node<'peer'> | Node<'orderer'>;

async function waitLevel(
  nodes: readonly LedgerNode[],
  { topology, paths }: Context,
  { limitMs = LEVEL_LIMIT_MS, signal }: CompareOptions,
): Promise<void> {
  await waitFor('all ledgers have one height', { limitMs, signal }, async () => {
    const heights = await Promise.all(
      nodes.map((node) => heightOf(node, topology.channel, paths, signal)),
    );
    const [first] = heights;
    if (first !== null && heights.every((height) => height === first)) return true;
    const seen = nodes.map(({ name }, i) => `${name} ${String(heights[i] ?? 'none')}`);
    throw new Error(seen.join(', '));
  });
}

/** The newest block, as the orderer gives it to the members of the channel. */
async function ordererCopy(
  orderer: Node<'orderer'>,
  reader: PeerCli,
  { topology, paths }: Context,
): Promise<LedgerCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'emr-block-'));
  try {
    const file = join(folder, 'newest.block');
    await reader.run([
      ...['channel', 'fetch', 'newest', file, '-c', topology.channel],
      ...['-o', endpoint(orderer.address, orderer.ports.grpc)],
      ...['--tls', '--cafile', paths.organization(orderer.organization).tlsCaCertificate],
    ]);
    const { number, hash } = blockHeader(await readFile(file));
    return { node: orderer.name, height: number + 1, lastBlockHash: hash, snapshotHash: null };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function copiesOf(context: Context, signal?: AbortSignal): Promise<LedgerCopy[]> {
  const peers = hospitals(context.topology).flatMap((hospital) => hospital.peers);
  const [first] = peers;
  if (first === undefined) return [];
  const reader = new PeerCli(context, first, signal);
  return Promise.all([
    ...peers.map(async (peer) => ({
      node: peer.name,
      ...(await ledgerDigest(peer, context, signal)),
    })),
    ...orderers(context.topology).map((orderer) => ordererCopy(orderer, reader, context)),
  ]);
}

function same(values: readonly unknown[]): boolean {
  return new Set(values).size <= 1;
}

/** Whether copies of one ledger agree in all that they have. */
export function areEqual(copies: readonly LedgerCopy[]): boolean {
  const snapshots = copies.flatMap(({ snapshotHash }) => snapshotHash ?? []);
  return (
    snapshots.length > 0 &&
    same(copies.map(({ height }) => height)) &&
    same(copies.map(({ lastBlockHash }) => lastBlockHash)) &&
    same(snapshots)
  );
}

/**
 * Compares the ledgers of all peers and orderers on this host, once they have reached one height:
 * peers by a snapshot, orderers by their last block. Nobody should write meanwhile; all must run.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, TOOL_UNAVAILABLE, COMMAND_FAILED; TIMEOUT where
 *   they do not reach one height, with the height of each
 */
export async function compareLedgers(
  dir: string,
  options: CompareOptions = {},
): Promise<LedgerComparison> {
  const { topology, paths } = await openNetwork(dir);
  const tools = await resolveTools(topology.tools, options.tools);
  const context = { topology, paths, tools };
  const nodes = [
    ...hospitals(topology).flatMap((hospital) => hospital.peers),
    ...orderers(topology),
  ];
  for (let attempt = 1; ; attempt++) {
    await waitLevel(nodes, context, options);
    const copies = await copiesOf(context, options.signal);
    const isLevel = same(copies.map(({ height }) => height));
    if (isLevel || attempt === ATTEMPTS) return { equal: areEqual(copies), copies };
  }
}
