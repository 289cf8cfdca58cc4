/**
 * Orders transactions into blocks, one block after the other, and has every organization commit them.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { transactionIdOf } from '../endorsement/proposal.js';
import type { Peer } from '../peer.js';
import type { BlockJudgement } from './block-judgement.js';
import {
  nextHeader,
  type Block,
  type BlockData,
  type Envelope,
  type ValidationCode,
} from './block.js';

/** Most transactions of one block. */
const MAX_BLOCK_TRANSACTIONS = 100;

/** Where a transaction was committed, and how it was judged. */
export interface Ordered {
  readonly blockNumber: number;
  readonly code: ValidationCode;
}

interface Waiting {
  readonly envelope: Envelope;
  readonly resolve: (ordered: Ordered) => void;
  readonly reject: (error: EmrError) => void;
}

interface Judged {
  readonly peer: Peer;
  readonly judgement: BlockJudgement;
}

interface Prepared {
  readonly block: Block;
  readonly judged: readonly Judged[];
  readonly codes: readonly ValidationCode[];
}

/**
 * The ordering service. A block takes what has queued up while the one before it was committed, so
 * that a lone transaction does not wait and a crowd shares the disk's syncs.
 */
export class Sequencer {
  readonly #peers: readonly Peer[];
  readonly #endpoint: string;
  readonly #onBlock: () => void;
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | null = null;
  #halted: EmrError | null = null;

  /**
   * @param endpoint - Names the ledger in `LEDGER_UNAVAILABLE`.
   * @param onBlock - Called after every organization has committed a block.
   */
  constructor(peers: readonly Peer[], endpoint: string, onBlock: () => void) {
    this.#peers = peers;
    this.#endpoint = endpoint;
    this.#onBlock = onBlock;
  }

  /**
   * Orders a transaction; resolves once it is durable in every copy.
   *
   * @throws EmrError `COMMIT_UNKNOWN` when a copy could not be written, `LEDGER_UNAVAILABLE` after
   * that: the ledger has to be opened anew, which settles what became of the block.
   */
  order(envelope: Envelope): Promise<Ordered> {
    if (this.#halted !== null) return Promise.reject(this.#halted);
    return new Promise((resolve, reject) => {
      this.#queue.push({ envelope, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Adds a block that is not a transaction's, such as the configuration. */
  async append(data: BlockData): Promise<void> {
    await this.#write(await this.#prepare(data));
  }

  /** Resolves when nothing is queued; refuses what comes later. */
  async close(): Promise<void> {
    this.#halted ??= this.#unavailable();
    await this.#running;
  }

  async #run(): Promise<void> {
    // Lets everything that is submitted in this turn of the event loop into the first block.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      await this.#commitBatch(this.#queue.splice(0, MAX_BLOCK_TRANSACTIONS));
    }
    // In the same turn as the check above: what is queued from here on starts a run of its own.
    this.#running = null;
  }

  async #commitBatch(batch: readonly Waiting[]): Promise<void> {
    const transactions = batch.map(({ envelope }) => envelope);
    let prepared: Prepared;
    try {
      prepared = await this.#prepare({ kind: 'transactions', transactions });
    } catch (cause) {
      this.#halt(batch, cause, () => (EmrError.is(cause) ? cause : this.#unavailable(cause)));
      return;
    }
    try {
      await this.#write(prepared);
    } catch (cause) {
      this.#halt(batch, cause, ({ envelope }) => unknown(envelope, cause));
      return;
    }
    const blockNumber = prepared.block.header.number;
    for (const [position, { resolve, reject, envelope }] of batch.entries()) {
      const code = prepared.codes[position];
      if (code === undefined) reject(unknown(envelope));
      else resolve({ blockNumber, code });
    }
  }

  /** Has every organization sign and judge the next block. Nothing is written yet. */
  async #prepare(data: BlockData): Promise<Prepared> {
    const [first] = this.#peers;
    if (first === undefined) throw new TypeError('a channel without peers');
    const header = nextHeader(first.copy.head, data);
    const signatures = this.#peers.map((peer) => peer.signBlock(header, data));
    const block: Block = { header, data, signatures };
    const judged = await Promise.all(
      this.#peers.map(async (peer) => ({ peer, judgement: await peer.judge(block) })),
    );
    return { block, judged, codes: agreedCodes(judged, header.number) };
  }

  async #write({ block, judged }: Prepared): Promise<void> {
    await Promise.all(judged.map(({ peer, judgement }) => peer.commit(block, judgement)));
    await this.#publish();
  }

  /** After a failure the copies may differ: nothing more is ordered until they are opened anew. */
  #halt(batch: readonly Waiting[], cause: unknown, errorOf: (waiting: Waiting) => EmrError): void {
    this.#halted ??= this.#unavailable(cause);
    for (const waiting of batch) waiting.reject(errorOf(waiting));
    for (const { reject } of this.#queue.splice(0)) reject(this.#halted);
  }

  #unavailable(cause?: unknown): EmrError {
    return new EmrError('LEDGER_UNAVAILABLE', { endpoint: this.#endpoint }, { cause });
  }

  /** Purged values are out of the files before the purge is acknowledged. */
  async #publish(): Promise<void> {
    const published = this.#peers.map(({ copy }) => ({ copy, drained: copy.publish() }));
    this.#onBlock();
    await Promise.all(
      published.map(async ({ copy, drained }) => {
        if (!copy.needsCompaction) return;
        await drained;
        await copy.compact();
      }),
    );
  }
}

function agreedCodes(judged: readonly Judged[], blockNumber: number): ValidationCode[] {
  const [first, ...others] = judged;
  const codes = first?.judgement.codes ?? [];
  const other = others.find(({ judgement }) => judgement.codes.join() !== codes.join());
  if (other === undefined) return codes;
  throw other.peer.corrupt(blockNumber, 'it judges the block otherwise than the others');
}

function unknown({ proposal }: Envelope, cause?: unknown): EmrError {
  return new EmrError('COMMIT_UNKNOWN', { transactionId: transactionIdOf(proposal) }, { cause });
}
