/**
 * What happens when the copies are opened: their heads are checked, those that lag catch up, and what
 * a kill left half-done goes.
 *
 * @module
 */
import type { Peer } from '../peer.js';
import { chainProblem, headerSha256, NO_BLOCK, type StoredBlock } from './block.js';

/**
 * Brings all copies to the same block.
 *
 * A block is acknowledged only when every copy has it, so what lags was never acknowledged; it was
 * signed by everybody and is therefore completed. Private values come from the organization's own
 * staging, which was durable before the block was ordered.
 *
 * @throws EmrError `LEDGER_CORRUPT` naming the copy and the block that do not fit.
 */
export async function bringLevel(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) checkHead(peer);
  const highest = peers.reduce((a, b) => (b.copy.head.height > a.copy.head.height ? b : a));
  for (const peer of peers) await follow(peer, highest);
  const heads = new Map(peers.map((peer) => [peer.copy.head.headSha256, peer]));
  const [, apart] = heads.values();
  if (apart !== undefined) throw apart.corrupt(apart.copy.head.height - 1, 'it is another block');
  await Promise.all(peers.map(tidy));
}

/** Reads a block of a copy. Throws `LEDGER_CORRUPT` where it cannot be read. */
export function readBlock(peer: Peer, number: number): StoredBlock {
  try {
    return peer.copy.block(number);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'it cannot be read';
    throw peer.corrupt(number, problem, cause);
  }
}

function checkHead(peer: Peer): void {
  const { height, headSha256 } = peer.copy.head;
  if (height === NO_BLOCK.height) return;
  const { codes: _codes, ...block } = readBlock(peer, height - 1);
  const before = { height: height - 1, headSha256: block.header.previousSha256 };
  const problem = chainProblem(block, before, peer.membership.peerKeys);
  if (problem !== null) throw peer.corrupt(height - 1, problem);
  if (headerSha256(block.header) !== headSha256)
    throw peer.corrupt(height - 1, 'it is not the head');
}

async function follow(peer: Peer, source: Peer): Promise<void> {
  while (peer.copy.head.height < source.copy.head.height) {
    const { codes, ...block } = readBlock(source, peer.copy.head.height);
    const judgement = await peer.judge(block);
    if (judgement.codes.join() !== codes.join()) {
      throw source.corrupt(block.header.number, 'its transactions are judged wrongly');
    }
    await peer.commit(block, judgement);
  }
}

async function tidy({ copy }: Peer): Promise<void> {
  await copy.sweepStaged();
  await copy.publish();
  if (copy.needsCompaction) await copy.compact();
}
