/**
 * The port `Ledger` over Fabric's gateway, for one enrolled identity.
 *
 * A transaction has three phases with a deadline each: endorse, submit, commit status. Once it may
 * have reached an orderer it is never made anew because of an error: its commit status is asked for
 * by its ID, for SmartBFT answers "request already processed" and "insufficient number of orderers"
 * also for transactions that commit all the same. Only a conflict, which says that it did not, leads
 * to a new proposal.
 *
 * @module
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  GatewayError,
  StatusCode,
  type Gateway,
  type Proposal,
  type Status,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import {
  EmrError,
  TRANSACTIONS,
  type ErrorCode,
  type MspId,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import PQueue from 'p-queue';
import { userIdOf } from '../certificate-user.js';
import type { Identity } from '../ports/identity.js';
import type {
  CallOptions,
  Committed,
  EventOptions,
  Ledger,
  LedgerEvent,
  TransactOptions,
} from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { orAborted } from '../time-limit.js';
import { commitOf } from './commit-of.js';
import { fromFabricError } from './fabric-error.js';
import { fabricEvents } from './fabric-events.js';
import {
  DEFAULT_DEADLINES,
  GatewayPool,
  type FabricDeadlines,
  type GatewayClients,
  type GatewayEndpoint,
} from './gateway-pool.js';
import { handOverAgain } from './hand-over-again.js';
import { codeName, committedOf, decodeAnswer } from './transaction-outcome.js';

/** Between two questions for the fate of a transaction, where the first found no gateway. */
const STATUS_PAUSE_MS = 250;

/** What another gateway may do better. */
const NEXT_GATEWAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LEDGER_UNAVAILABLE',
  'ENDORSEMENT_MISMATCH',
]);

export interface FabricLedgerOptions {
  /** Its key may be anywhere: only `sign` is called. */
  readonly identity: Identity;
  /** Gateway peers, those of the identity's organization first. The first that answers is used. */
  readonly gateways: readonly GatewayEndpoint[];
  /** Default `emr`. */
  readonly channel?: string | undefined;
  /** Default `emr`. */
  readonly chaincode?: string | undefined;
  readonly deadlines?: Partial<FabricDeadlines> | undefined;
  /**
   * Most transactions under way at once; others wait. Default 16: more than 50 raise the latency and
   * not the throughput, and long queues at the orderers provoke view changes.
   */
  readonly maxInFlight?: number | undefined;
  /** Connections to share with other ledgers of this process; closing the ledger leaves them open. */
  readonly clients?: GatewayClients | undefined;
}

/** How a transaction ended. */
export interface TransactionFate {
  readonly blockNumber: number;
  /** Whether it counts. */
  readonly isValid: boolean;
  /** Fabric's validation code, such as `VALID` or `MVCC_READ_CONFLICT`. */
  readonly code: string;
}

type Signal = AbortSignal | undefined;

export class FabricLedger implements Ledger {
  readonly mspId: MspId;
  readonly userId: string;
  readonly #channel: string;
  readonly #chaincode: string;
  readonly #deadlines: FabricDeadlines;
  readonly #pool: GatewayPool;
  readonly #inFlight: PQueue;
  readonly #closed = new AbortController();

  /**
   * Connects when the first call is made.
   *
   * @throws EmrError `INPUT_INVALID` without a gateway, or where the certificate names no user.
   */
  constructor(options: FabricLedgerOptions) {
    const { identity, gateways, channel = 'emr', chaincode = 'emr', maxInFlight = 16 } = options;
    this.userId = userIdOf(identity.certificatePem);
    this.mspId = identity.mspId;
    this.#channel = channel;
    this.#chaincode = chaincode;
    this.#deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
    this.#inFlight = new PQueue({ concurrency: maxInFlight });
    this.#pool = new GatewayPool(gateways, identity, this.#deadlines, options.clients);
  }

  async evaluate<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<TransactionResponse<N>> {
    if (TRANSACTIONS[name].kind === 'custodian-query') checkOne(name, options);
    const bytes = await this.#atAnyGateway(options.signal, (gateway) =>
      this.#proposal(gateway, name, request, options).evaluate(),
    );
    return decodeAnswer(name, bytes);
  }

  async submit<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<Committed<TransactionResponse<N>>> {
    if (TRANSACTIONS[name].kind === 'organization') checkOne(name, options);
    const signal = waitedForByMany(options.signal ?? this.#closed.signal);
    signal.throwIfAborted();
    const call = this.#inFlight.add(() =>
      whileBehind(['LEDGER_CONFLICT'], signal, () => this.#submitOnce(name, request, options)),
    );
    return orAborted(call, signal);
  }

  /**
   * What became of a transaction that somebody submitted: this client, or one that ended before it
   * heard. Waits for one that is still to be ordered.
   *
   * @throws EmrError `COMMIT_UNKNOWN` where that is not known after `limitMs` (default: the deadline of
   *   a commit).
   */
  async fateOf(
    transactionId: string,
    { signal, limitMs = this.#deadlines.commitStatusMs }: CallOptions & { limitMs?: number } = {},
  ): Promise<TransactionFate> {
    signal?.throwIfAborted();
    const status = await this.#fate(transactionId, Date.now() + limitMs, signal);
    const { blockNumber, code } = status;
    return {
      blockNumber: Number(blockNumber),
      isValid: code === StatusCode.VALID,
      code: codeName(code),
    };
  }

  /** Events as the gateway peer has committed them. */
  events({ after, signal }: EventOptions = {}): AsyncIterable<LedgerEvent> {
    const closed = this.#closed.signal;
    const ending = signal === undefined ? closed : AbortSignal.any([signal, closed]);
    const source = { pool: this.#pool, channel: this.#channel, chaincode: this.#chaincode };
    return fabricEvents(source, after, ending);
  }

  /** Ends the event streams and every call under way. */
  close(): void {
    this.#closed.abort(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'a closed connection' }));
    this.#pool.close();
  }

  async #submitOnce<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions,
  ): Promise<Committed<TransactionResponse<N>>> {
    const { signal } = options;
    signal?.throwIfAborted();
    const transaction = await this.#endorsed(name, request, options);
    signal?.throwIfAborted();
    return committedOf(name, transaction, await this.#commit(transaction, signal));
  }

  /**
   * A gateway begins with its own organization: where that one lies, or is behind, nothing that the
   * others compute agrees with it. So each gateway is asked before the disagreement is believed.
   */
  async #endorsed<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions,
  ): Promise<Transaction> {
    for (let left = this.#pool.size - 1; ; left--) {
      try {
        return await this.#atAnyGateway(options.signal, (gateway) =>
          this.#proposal(gateway, name, request, options).endorse(),
        );
      } catch (error) {
        if (left <= 0 || !EmrError.is(error, 'ENDORSEMENT_MISMATCH')) throw error;
      }
    }
  }

  /** Submits, then asks for the fate, whatever the submitting answered. */
  async #commit(transaction: Transaction, signal: Signal): Promise<Status> {
    const transactionId = transaction.getTransactionId();
    const deadline = Date.now() + this.#deadlines.submitMs + this.#deadlines.commitStatusMs;
    let failure: unknown;
    try {
      await transaction.submit();
    } catch (error) {
      // A signer's own failure: nothing was sent.
      if (!(error instanceof GatewayError)) throw error;
      failure = error;
    }
    const known = new AbortController();
    const ending = AbortSignal.any([known.signal, this.#closed.signal]);
    const bytes = transaction.getBytes();
    void handOverAgain(async () => {
      const gateway = await this.#pool.ready(ending);
      await orAborted(gateway.newTransaction(bytes).submit(), ending);
    }, ending);
    try {
      return await this.#fate(transactionId, deadline, signal, failure);
    } finally {
      known.abort();
    }
  }

  /** @throws EmrError `COMMIT_UNKNOWN` where nobody says by `deadline`; `failure` is its first cause. */
  async #fate(
    transactionId: string,
    deadline: number,
    signal: Signal,
    firstFailure?: unknown,
  ): Promise<Status> {
    let failure = firstFailure;
    const closed = this.#closed.signal;
    while (Date.now() < deadline && !closed.aborted) {
      const status = await this.#status(transactionId, deadline, signal);
      if ('code' in status) return status;
      failure = status.error;
      if (!EmrError.is(failure, 'LEDGER_UNAVAILABLE')) break;
      await delay(STATUS_PAUSE_MS, undefined, { signal: closed }).catch(() => undefined);
    }
    throw new EmrError('COMMIT_UNKNOWN', { transactionId }, { cause: failure });
  }

  /** The fate of a transaction, as the gateway that answers knows it, or why it is not known yet. */
  async #status(
    transactionId: string,
    deadline: number,
    signal: Signal,
  ): Promise<Status | { readonly error: unknown }> {
    // A gateway answers once the transaction is committed; one that stands still must not have all the time.
    const until = Math.min(deadline, Date.now() + this.#deadlines.submitMs);
    try {
      return await this.#at(await this.#pool.ready(signal), signal, (gateway) =>
        commitOf(gateway, this.#channel, transactionId).getStatus({ deadline: until }),
      );
    } catch (error) {
      signal?.throwIfAborted();
      return { error };
    }
  }

  /**
   * Makes a call that is harmless to repeat until a gateway answers it: for a while, and at every
   * gateway at least once, for one that stands still takes a whole deadline.
   */
  async #atAnyGateway<T>(signal: Signal, call: (gateway: Gateway) => Promise<T>): Promise<T> {
    const ending = waitedForByMany(signal ?? this.#closed.signal);
    const giveUpAt = Date.now() + this.#deadlines.unavailableMs;
    let tried = 0;
    const outcome = await whileBehind(['LEDGER_UNAVAILABLE'], ending, async () => {
      try {
        const gateway = await this.#pool.ready(ending);
        tried += 1;
        return { value: await this.#at(gateway, ending, call) };
      } catch (error) {
        // Where none is ready, all of them were tried.
        if (Date.now() < giveUpAt || (tried > 0 && tried < this.#pool.size)) throw error;
        return { error };
      }
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Makes a call at a gateway; the next call goes to another one if this one is of no use. */
  async #at<T>(
    gateway: Gateway,
    signal: Signal,
    call: (gateway: Gateway) => Promise<T>,
  ): Promise<T> {
    try {
      return await orAborted(call(gateway), signal);
    } catch (error) {
      signal?.throwIfAborted();
      const ours = fromFabricError(error);
      if (EmrError.is(ours) && NEXT_GATEWAY.has(ours.code)) this.#pool.moveOn(gateway);
      throw ours;
    }
  }

  #proposal(
    gateway: Gateway,
    name: TransactionName,
    request: unknown,
    { organizations, transient }: TransactOptions,
  ): Proposal {
    const contract = gateway.getNetwork(this.#channel).getContract(this.#chaincode);
    return contract.newProposal(name, {
      arguments: [JSON.stringify(request)],
      ...(organizations === undefined ? {} : { endorsingOrganizations: [...organizations] }),
      ...(transient === undefined ? {} : { transientData: { ...transient } }),
    });
  }
}

/** A dozen calls under way with one signal are no leak of listeners, which Node would warn of. */
function waitedForByMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

function checkOne(name: TransactionName, { organizations = [] }: TransactOptions): void {
  if (organizations.length === 1) return;
  const problem = `${name} is for one organization; name it`;
  throw new EmrError('INPUT_INVALID', { what: 'the option organizations', problem });
}
