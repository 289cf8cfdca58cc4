/**
 * Whether all peers of a network have the same sound chain of blocks.
 *
 * @module
 */
import type { common } from '@hyperledger/fabric-protos';
import { EmrError, type MspId } from '@emr-share/model';
import type { Identity } from '../ports/identity.js';
import { TimeLimitError, withTimeLimit } from '../time-limit.js';
import {
  blockHash,
  dataHash,
  problemInBlock,
  Signers,
  transactionsIn,
  validationCodes,
} from './block-content.js';
import type { ConnectionProfile, PeerEndpoint } from './connection-profile.js';
import { PeerConnection } from './peer-connection.js';

/** A peer that shows no further block for this long is behind. */
const SILENT_MS = 15_000;

/** What one peer's copy of the chain was found to be. */
export interface PeerCopy {
  readonly mspId: MspId;
  readonly peer: string;
  /** Number of blocks. */
  readonly height: number;
  readonly transactions: number;
  /** Hash of the newest block, hex. */
  readonly headSha256: string;
}

export interface ChainVerification {
  /** In the order of the profile's gateways. */
  readonly copies: readonly PeerCopy[];
  /** Names of the peers that do not answer. */
  readonly unreachable: readonly string[];
}

/** A block that was found sound, and how its transactions were judged. */
interface SoundBlock {
  readonly hash: Buffer;
  readonly codes: Buffer;
  readonly transactions: number;
}

/**
 * Reads every block of every peer: each must lead to the one before and have the hash of its content;
 * all peers must have the same, judged alike; every transaction that counts must be signed by a creator
 * and by endorsers whom the channel's configuration at that block knows. A copy that is behind is
 * shown as high as it is.
 *
 * @throws EmrError `LEDGER_CORRUPT` with the first block that is wrong and whose it is;
 *   `LEDGER_UNAVAILABLE` where no peer of an organization answers; `LEDGER_REJECTED` where the caller
 *   may not read blocks.
 */
export async function verifyFabricChain(
  { channel, gateways }: ConnectionProfile,
  identity: Identity,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ChainVerification> {
  const connections = gateways.map((peer) => new PeerConnection(peer, identity, channel));
  try {
    const heights = await Promise.all(connections.map((one) => heightOf(one, signal)));
    const target = Math.max(...heights.map((height) => height ?? 0));
    const reachable = connections.filter((_, i) => heights[i] !== null);
    assertEveryOrganization(gateways, reachable);
    const chain = new Chain();
    const copies: PeerCopy[] = [];
    for (const connection of reachable) copies.push(await chain.read(connection, target, signal));
    const unreachable = gateways
      .filter(({ name }) => !copies.some(({ peer }) => peer === name))
      .map(({ name }) => name);
    return { copies, unreachable };
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
}

/** `null` where the peer does not answer. */
async function heightOf(
  connection: PeerConnection,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  try {
    return await connection.height(signal);
  } catch (error) {
    if (EmrError.is(error, 'LEDGER_UNAVAILABLE')) return null;
    throw error;
  }
}

function assertEveryOrganization(
  all: readonly PeerEndpoint[],
  reachable: readonly PeerConnection[],
): void {
  const isReached = (mspId: MspId): boolean => reachable.some(({ peer }) => peer.mspId === mspId);
  const missing = all.filter(({ mspId }) => !isReached(mspId));
  if (missing.length === 0) return;
  const endpoint = missing.map(({ mspId, address }) => `${mspId} ${address}`).join(', ');
  throw new EmrError('LEDGER_UNAVAILABLE', { endpoint });
}

/** The chain as the peers read so far have it. */
class Chain {
  readonly #blocks: SoundBlock[] = [];
  readonly #signers = new Signers();

  async read(
    connection: PeerConnection,
    target: number,
    signal: AbortSignal | undefined,
  ): Promise<PeerCopy> {
    const { mspId, name } = connection.peer;
    const closing = new AbortController();
    const ending =
      signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    const blocks = connection.blocks(0, ending);
    let height = 0;
    try {
      while (height < target) {
        const next = await withTimeLimit(SILENT_MS, signal, () => blocks.next());
        if (next.done === true) break;
        this.#check(next.value, height, mspId);
        height += 1;
      }
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
    } finally {
      closing.abort();
      await blocks.return();
    }
    const own = this.#blocks.slice(0, height);
    return {
      mspId,
      peer: name,
      height,
      transactions: own.reduce((sum, block) => sum + block.transactions, 0),
      headSha256: own.at(-1)?.hash.toString('hex') ?? '',
    };
  }

  /** Why a block is not the next of this chain; `null` where it is. */
  #misfit(block: common.Block, header: common.BlockHeader): string | null {
    const previous = this.#blocks[header.getNumber() - 1]?.hash ?? Buffer.alloc(0);
    if (!previous.equals(header.getPreviousHash_asU8())) {
      return 'it does not follow the block before it';
    }
    if (dataHash(block).equals(header.getDataHash_asU8())) return null;
    return 'its transactions are not those that its header names';
  }

  #check(block: common.Block, number: number, mspId: MspId): void {
    const corrupt = (problem: string): EmrError =>
      new EmrError('LEDGER_CORRUPT', { mspId, blockNumber: number, problem });
    const header = block.getHeader();
    if (header?.getNumber() !== number) throw corrupt('it has another number');
    const misfit = this.#misfit(block, header);
    if (misfit !== null) throw corrupt(misfit);
    const hash = blockHash(header);
    const codes = validationCodes(block);
    const known = this.#blocks[number];
    if (known === undefined) {
      const problem = problemInBlock(block, this.#signers);
      if (problem !== null) throw corrupt(problem);
      this.#blocks.push({ hash, codes, transactions: transactionsIn(block) });
    } else if (!known.hash.equals(hash)) {
      throw corrupt('other peers have another block');
    } else if (!known.codes.equals(codes)) {
      throw corrupt('other peers judge its transactions otherwise');
    }
  }
}
