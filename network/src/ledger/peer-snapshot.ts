/**
 * A peer's snapshot of its ledger, for what it says in a few hashes: the last block, every key of the
 * state, every hash of private data, every transaction ID.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { PeerCli } from '../channel/peer-cli.js';
import { NetworkError, problemOf } from '../errors.js';
import { endpoint, type NodeContext } from '../nodes/context.js';
import type { Node } from '../topology/topology.js';
import { waitFor } from '../wait.js';

const LIMIT_MS = 60_000;
const ALREADY_MADE = 'already generated';
const SIGNABLE = '_snapshot_signable_metadata.json';

const Signable = v.object({ last_block_number: v.number(), last_block_hash: v.string() });

/** What one peer's ledger holds, as hashes (hex). */
export interface LedgerDigest {
  /** Blocks in it. */
  height: number;
  lastBlockHash: string;
  /** SHA-256 over the hashes of all files of the snapshot. */
  snapshotHash: string;
}

type Context = Pick<NodeContext, 'topology' | 'paths' | 'tools'>;

async function snapshotsIn(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch(() => []);
  return names.map(Number).filter(Number.isSafeInteger);
}

/** @returns whether the peer had none of its last block yet */
async function request(cli: PeerCli, peer: Node<'peer'>, context: Context): Promise<boolean> {
  const { topology, paths } = context;
  const args = [
    ...['snapshot', 'submitrequest', '-c', topology.channel, '-b', '0'],
    ...['--peerAddress', endpoint(peer.address, peer.ports.grpc)],
    ...['--tlsRootCertFile', paths.organization(peer.organization).tlsCaCertificate],
  ];
  try {
    await cli.run(args);
    return true;
  } catch (error) {
    if (NetworkError.is(error, 'COMMAND_FAILED') && error.message.includes(ALREADY_MADE)) {
      return false;
    }
    throw error;
  }
}

async function read(dir: string): Promise<LedgerDigest> {
  const path = join(dir, SIGNABLE);
  const bytes = await readFile(path);
  try {
    const { last_block_number, last_block_hash } = v.parse(Signable, JSON.parse(String(bytes)));
    const snapshotHash = createHash('sha256').update(bytes).digest('hex');
    return { height: last_block_number + 1, lastBlockHash: last_block_hash, snapshotHash };
  } catch (error) {
    throw new NetworkError('STATE_INVALID', { path, problem: problemOf(error) }, { cause: error });
  }
}

/**
 * Has a peer of this host make a snapshot after its last block, and reads its hashes. A snapshot made
 * for it is deleted again.
 *
 * @throws {@link NetworkError} COMMAND_FAILED, TIMEOUT, STATE_INVALID
 */
export async function ledgerDigest(
  peer: Node<'peer'>,
  context: Context,
  signal?: AbortSignal,
): Promise<LedgerDigest> {
  const { topology, paths } = context;
  const dir = join(paths.data(peer.name), 'snapshots', 'completed', topology.channel);
  const before = await snapshotsIn(dir);
  const isNew = await request(new PeerCli(context, peer, signal), peer, context);
  const newest = await waitFor(
    `a snapshot of ${peer.name}`,
    { limitMs: LIMIT_MS, signal },
    async () => {
      const made = await snapshotsIn(dir);
      const candidates = isNew ? made.filter((number) => !before.includes(number)) : made;
      return candidates.length === 0 ? null : Math.max(...candidates);
    },
  );
  const snapshot = join(dir, String(newest));
  const digest = await read(snapshot);
  if (isNew) await rm(snapshot, { recursive: true, force: true });
  return digest;
}
