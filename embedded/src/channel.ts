/**
 * The channel: the organizations' peers and the ordering service, and what Fabric's gateway does
 * between them and a client. Knows transactions as names and strings, and nothing of medicine.
 *
 * @module
 */
import type { Identity } from '@emr-share/gateway-client';
import { EmrError, type MspId, type UnixMillis } from '@emr-share/model';
import pRetry from 'p-retry';
import { agree, type Agreement } from './endorsement/agreement.js';
import { signProposal, transactionIdOf, type SignedProposal } from './endorsement/proposal.js';
import {
  newTransientData,
  transientSha256,
  type TransientData,
} from './endorsement/transient-data.js';
import type { ValidationCode } from './ledger/block.js';
import { HeightSignal } from './ledger/height-signal.js';
import { Sequencer } from './ledger/sequencer.js';
import { isDatabaseError } from './ledger/tables.js';
import type { ChannelConfig } from './msp/channel-config.js';
import { rejected } from './msp/membership.js';
import type { Peer } from './peer.js';

/** Conflicts are over in a block or two; after this many something else is wrong. */
const CONFLICT_RETRIES = { retries: 8, minTimeout: 5, factor: 2, randomize: true } as const;

export interface ChannelOptions {
  readonly name: string;
  readonly peers: readonly Peer[];
  readonly clock: { now(): UnixMillis };
  /** Names the ledger in errors. */
  readonly endpoint: string;
}

/** A call of one contract function. */
export interface Invocation {
  readonly transaction: string;
  readonly args: readonly string[];
  readonly transient?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Organizations that are asked. */
  readonly organizations: readonly MspId[];
  readonly signal?: AbortSignal | undefined;
}

/** A transaction that every organization has committed as valid. */
export interface CommittedTransaction {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly response: string;
}

interface Prepared {
  readonly signed: SignedProposal;
  readonly transient: TransientData | undefined;
}

export class Channel {
  readonly name: string;
  readonly peers: readonly Peer[];
  /** Tells that there are new blocks. */
  readonly heights = new HeightSignal();
  readonly #options: ChannelOptions;
  readonly #sequencer: Sequencer;
  #isClosed = false;

  constructor(options: ChannelOptions) {
    this.name = options.name;
    this.peers = options.peers;
    this.#options = options;
    this.#sequencer = new Sequencer(options.peers, options.endpoint, () => {
      this.heights.notify();
    });
  }

  /**
   * Asks one organization. Nothing is written.
   *
   * @throws EmrError of the contract; `CERTIFICATE_REFUSED` where the caller is not let in.
   */
  async evaluate(identity: Identity, invocation: Invocation): Promise<string> {
    const [peer] = this.#peersOf(invocation);
    if (peer === undefined) throw new TypeError('evaluate asks one organization');
    const { signed, transient } = await this.#prepare(identity, invocation);
    return this.#available(() => peer.evaluate(signed, transient, peer.openView()));
  }

  /**
   * Has a transaction endorsed by all that are asked, ordered, and committed everywhere. Conflicts
   * are tried again with new proposals.
   *
   * @throws EmrError of the contract, `ENDORSEMENT_MISMATCH`, `LEDGER_REJECTED`, `LEDGER_CONFLICT`,
   * `LEDGER_UNAVAILABLE`, `COMMIT_UNKNOWN`.
   */
  submit(identity: Identity, invocation: Invocation): Promise<CommittedTransaction> {
    return pRetry(() => this.#submitOnce(identity, invocation), {
      ...CONFLICT_RETRIES,
      ...(invocation.signal === undefined ? {} : { signal: invocation.signal }),
      shouldRetry: ({ error }) => EmrError.is(error, 'LEDGER_CONFLICT'),
    });
  }

  /** Runs one proposal that is signed already. */
  async submitSigned(
    { signed, transient }: Prepared,
    invocation: Pick<Invocation, 'organizations' | 'signal'>,
  ): Promise<CommittedTransaction> {
    const transactionId = transactionIdOf(signed.proposal);
    const peers = this.#peersOf(invocation);
    const { result, endorsements } = await this.#endorse(peers, { signed, transient });
    if (invocation.signal?.aborted === true) {
      await unstage(peers, transactionId);
      invocation.signal.throwIfAborted();
    }
    const envelope = { ...signed, result, endorsements: [...endorsements] };
    const { blockNumber, code } = await this.#sequencer.order(envelope);
    if (code !== 'VALID') throw invalid(transactionId, code);
    return { transactionId, blockNumber, response: result.response };
  }

  /**
   * Has a peer check that `identity` may use the channel, without running anything.
   *
   * @param purpose - Stands in the signed proposal in place of a transaction.
   * @throws EmrError `CERTIFICATE_REFUSED`.
   */
  async admit(identity: Identity, peer: Peer, purpose: string): Promise<void> {
    const invocation = { transaction: purpose, args: [], organizations: [peer.mspId] };
    const { signed } = await this.#prepare(identity, invocation);
    await peer.admit(signed);
  }

  /** Adds block 0, where the copies are empty. */
  configure(config: ChannelConfig): Promise<void> {
    return this.#sequencer.append({ kind: 'config', config });
  }

  /** Waits for what has been ordered and refuses the rest. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#sequencer.close();
  }

  async #submitOnce(identity: Identity, invocation: Invocation): Promise<CommittedTransaction> {
    const prepared = await this.#prepare(identity, invocation);
    return this.#available(() => this.submitSigned(prepared, invocation));
  }

  async #prepare(
    identity: Identity,
    { transaction, args, transient: fields, signal }: Invocation,
  ): Promise<Prepared> {
    signal?.throwIfAborted();
    const transient = newTransientData(fields);
    const signed = await signProposal(
      {
        channel: this.name,
        transaction,
        args: [...args],
        timestamp: this.#options.clock.now(),
        ...(transient === undefined ? {} : { transientSha256: transientSha256(transient) }),
      },
      identity,
    );
    signal?.throwIfAborted();
    if (this.#isClosed) throw this.#unavailable();
    return { signed, transient };
  }

  /** Every peer simulates by itself; their views are taken together, at the same height. */
  async #endorse(peers: readonly Peer[], { signed, transient }: Prepared): Promise<Agreement> {
    const views = peers.map((peer) => ({ peer, view: peer.openView() }));
    const outcomes = await Promise.allSettled(
      views.map(({ peer, view }) => peer.endorse(signed, transient, view)),
    );
    const answers = peers.flatMap(({ mspId }, i) => {
      const outcome = outcomes[i];
      return outcome === undefined ? [] : [{ mspId, outcome }];
    });
    try {
      return agree(answers);
    } catch (error) {
      await unstage(peers, transactionIdOf(signed.proposal));
      throw error;
    }
  }

  /** A database that fails, or was closed meanwhile, is a ledger that does not answer. */
  async #available<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isDatabaseError(error) ? this.#unavailable(error) : error;
    }
  }

  #unavailable(cause?: unknown): EmrError {
    return new EmrError('LEDGER_UNAVAILABLE', { endpoint: this.#options.endpoint }, { cause });
  }

  #peersOf({ organizations }: Pick<Invocation, 'organizations'>): Peer[] {
    return organizations.map((mspId) => {
      const peer = this.peers.find((one) => one.mspId === mspId);
      if (peer === undefined) throw rejected(`${mspId} is no organization of the channel`);
      return peer;
    });
  }
}

async function unstage(peers: readonly Peer[], transactionId: string): Promise<void> {
  await Promise.all(peers.map(({ copy }) => copy.unstage(transactionId)));
}

function invalid(transactionId: string, code: ValidationCode): EmrError {
  return code === 'MVCC_READ_CONFLICT' || code === 'PHANTOM_READ_CONFLICT'
    ? new EmrError('LEDGER_CONFLICT', { transactionId })
    : rejected(`transaction ${transactionId} was found ${code}`);
}
