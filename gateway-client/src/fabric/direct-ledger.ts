/**
 * The port `Ledger` for a client far away from every peer. A gateway peer would pass a question on to
 * the organization that it is for, and a proposal to the other endorsers: a second way there and back.
 * This client asks each organization's own gateway, all at once, puts the endorsements together, and
 * hands the transaction to the orderers itself. Whatever it asks, it asks again over a second
 * connection a moment later, for a lost packet holds up a whole connection.
 *
 * @module
 */
import { type Proposal, type Status, type Transaction } from '@hyperledger/fabric-gateway';
import { gateway as protos } from '@hyperledger/fabric-protos';
import {
  EmrError,
  TRANSACTIONS,
  type MspId,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import type { Identity } from '../ports/identity.js';
import type {
  Committed,
  EventOptions,
  Ledger,
  LedgerEvent,
  TransactOptions,
} from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { orAborted } from '../time-limit.js';
import { commitOf } from './commit-of.js';
import type { PeerEndpoint } from './connection-profile.js';
import { fromFabricError } from './fabric-error.js';
import { FabricLedger } from './fabric-ledger.js';
import {
  DEFAULT_DEADLINES,
  isReady,
  openConnection,
  type Connection,
  type GrpcEndpoint,
} from './gateway-pool.js';
import { handOverAgain } from './hand-over-again.js';
import { mergedEndorsements } from './merged-endorsements.js';
import { OrdererBroadcast } from './orderer-broadcast.js';
import { overLines } from './over-lines.js';
import { committedOf, decodeAnswer } from './transaction-outcome.js';

/** A far answer takes a second or two; who takes longer is left out where others will do. */
const DEADLINES = { ...DEFAULT_DEADLINES, evaluateMs: 5_000 };

export interface DirectLedgerOptions {
  readonly identity: Identity;
  /** Those of the identity's organization first. Of each organization the first one is asked. */
  readonly gateways: readonly PeerEndpoint[];
  readonly channel: string;
  readonly chaincode: string;
  /** How many organizations must endorse. */
  readonly endorsers: number;
  /** Every transaction is handed to all of them; without any, gateways do that. */
  readonly orderers?: readonly GrpcEndpoint[] | undefined;
  /** Connections to each gateway. Default 2. */
  readonly lines?: number | undefined;
}

interface Organization {
  readonly mspId: MspId;
  /** At least one. */
  readonly lines: readonly Connection[];
}

interface Endorsed {
  readonly mspId: MspId;
  readonly connection: Connection;
  readonly transaction: Transaction;
}

/** A reason of the contract's says more than that somebody did not answer. */
const isReason = (error: unknown): boolean =>
  EmrError.is(error) && !EmrError.is(error, 'LEDGER_UNAVAILABLE');

const asError = (failure: unknown): Error =>
  failure instanceof Error ? failure : new Error(String(failure));

/** The first `count` that succeed; where there are not so many, a reason, at best the contract's. */
async function firstOf<T>(count: number, attempts: readonly Promise<T>[]): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    const values: T[] = [];
    const failures: unknown[] = [];
    const settle = (): void => {
      const isDecided = failures.length + count > attempts.length;
      const isOver = failures.length + values.length === attempts.length;
      const reason = failures.find(isReason);
      // Several may have answered since the last look.
      if (values.length >= count) resolve(values.slice(0, count));
      else if (isDecided && (reason !== undefined || isOver)) {
        reject(asError(reason ?? failures[0]));
      }
    };
    for (const attempt of attempts) {
      attempt
        .then(
          (value) => values.push(value),
          (error: unknown) => failures.push(error),
        )
        .then(settle, reject);
    }
  });
}

export class DirectLedger implements Ledger {
  readonly mspId: MspId;
  readonly userId: string;
  /** For what is of no organization in particular. */
  readonly #base: FabricLedger;
  readonly #organizations: readonly Organization[];
  readonly #orderers: OrdererBroadcast | null;
  readonly #options: DirectLedgerOptions;
  readonly #closed = new AbortController();
  readonly #silent = new Set<MspId>();

  /** @throws EmrError `INPUT_INVALID` as {@link FabricLedger} does. */
  constructor(options: DirectLedgerOptions) {
    const { identity, gateways, endorsers, orderers = [], lines = 2 } = options;
    const organizations = [...new Set(gateways.map(({ mspId }) => mspId))];
    if (endorsers < 1 || endorsers > organizations.length) {
      const problem = `expected 1 to ${String(organizations.length)}`;
      throw new EmrError('INPUT_INVALID', { what: 'the number of endorsers', problem });
    }
    this.#options = options;
    this.#base = new FabricLedger(options);
    this.#orderers = orderers.length === 0 ? null : new OrdererBroadcast(orderers);
    this.mspId = this.#base.mspId;
    this.userId = this.#base.userId;
    const first = new Map(gateways.toReversed().map((gateway) => [gateway.mspId, gateway]));
    this.#organizations = organizations.flatMap((mspId) => {
      const gateway = first.get(mspId);
      if (gateway === undefined) return [];
      const open = (): Connection => openConnection(gateway, identity, DEADLINES);
      return [{ mspId, lines: Array.from({ length: Math.max(1, lines) }, open) }];
    });
  }

  /** Opens every connection; resolves once each is open, or `limitMs` have passed. */
  async connect(limitMs: number): Promise<void> {
    const gateways = this.#organizations
      .flatMap(({ lines }) => lines)
      .map(({ client }) => isReady(client, limitMs));
    await Promise.all([this.#orderers?.ready(limitMs), ...gateways]);
  }

  async evaluate<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<TransactionResponse<N>> {
    const [asked, ...others] = options.organizations ?? [];
    const organization = this.#organizations.find(({ mspId }) => mspId === asked);
    if (organization === undefined || others.length > 0) {
      return this.#base.evaluate(name, request, options);
    }
    const { mspId, lines } = organization;
    // Whoever asks may wait no longer: who answers is worth knowing all the same.
    const answer = this.#noted(organization, () =>
      overLines(lines, undefined, (connection) =>
        calling(undefined, () =>
          this.#proposal({ mspId, connection }, name, request, options).evaluate(),
        ),
      ),
    );
    if (this.#silent.has(mspId)) {
      answer.catch(() => undefined);
      throw new EmrError('LEDGER_UNAVAILABLE', { endpoint: mspId });
    }
    return decodeAnswer(name, await calling(options.signal, () => answer));
  }

  async submit<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<Committed<TransactionResponse<N>>> {
    const isForAll = options.organizations === undefined;
    if (TRANSACTIONS[name].kind !== 'consortium' || !isForAll) {
      return this.#base.submit(name, request, options);
    }
    const signal = options.signal ?? this.#closed.signal;
    return whileBehind(['LEDGER_CONFLICT'], signal, () =>
      this.#submitOnce(name, request, { ...options, signal }),
    );
  }

  events(options?: EventOptions): AsyncIterable<LedgerEvent> {
    return this.#base.events(options);
  }

  close(): void {
    this.#closed.abort(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'a closed connection' }));
    this.#base.close();
    this.#orderers?.close();
    for (const { gateway, client } of this.#organizations.flatMap(({ lines }) => lines)) {
      gateway.close();
      client.close();
    }
  }

  async #submitOnce<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions,
  ): Promise<Committed<TransactionResponse<N>>> {
    const transaction = await this.#endorse(name, request, options);
    return committedOf(name, transaction, await this.#commit(transaction, options.signal));
  }

  /** Remembers who does not answer: waited for no more, and asked all the same until it answers. */
  async #noted<T>({ mspId }: Organization, call: () => Promise<T>): Promise<T> {
    try {
      const value = await call();
      this.#silent.delete(mspId);
      return value;
    } catch (error) {
      const ours = fromFabricError(error);
      if (EmrError.is(ours, 'LEDGER_UNAVAILABLE')) this.#silent.add(mspId);
      else this.#silent.delete(mspId);
      throw ours;
    }
  }

  /** One transaction with the endorsements of the first that answer. */
  async #endorse(
    name: TransactionName,
    request: unknown,
    options: TransactOptions,
  ): Promise<Transaction> {
    const [own] = this.#organizations;
    const connection = own?.lines[0];
    if (own === undefined || connection === undefined) {
      throw new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'no gateway' });
    }
    const { mspId: ownMsp } = own;
    const proposal = this.#proposal({ mspId: ownMsp, connection }, name, request, options);
    const unsigned = proposal.getBytes();
    const attempts = this.#organizations.map(async ({ mspId, lines }): Promise<Endorsed> => {
      const bytes = forOne(unsigned, mspId);
      return overLines(lines, options.signal, async (line) => {
        const transaction = await calling(options.signal, () =>
          line.gateway.newProposal(bytes).endorse(),
        );
        return { mspId, connection: line, transaction };
      });
    });
    const endorsed = await firstOf(this.#options.endorsers, attempts);
    const bytes = mergedEndorsements(
      endorsed.map(({ transaction }) => transaction.getBytes()),
      endorsed.map(({ mspId }) => mspId).join(', '),
    );
    const answering = endorsed.find(({ mspId }) => mspId === ownMsp) ?? endorsed[0];
    const { gateway } = answering?.connection ?? connection;
    const digest = gateway.newTransaction(bytes).getDigest();
    return gateway.newSignedTransaction(bytes, await this.#options.identity.sign(digest));
  }

  /** Hands a signed transaction over, and asks the gateways of all organizations for its fate. */
  async #commit(transaction: Transaction, signal: AbortSignal | undefined): Promise<Status> {
    const transactionId = transaction.getTransactionId();
    const deadline = Date.now() + DEADLINES.submitMs + DEADLINES.commitStatusMs;
    const known = new AbortController();
    const ending = AbortSignal.any([known.signal, this.#closed.signal]);
    const handOver = (): Promise<unknown> => orAborted(this.#handOver(transaction), ending);
    try {
      // The fate counts, whatever the submitting answers; and asking for it need not wait.
      handOver().catch(() => undefined);
      void handOverAgain(handOver, ending);
      const fates = this.#organizations
        .flatMap(({ lines }) => lines.slice(0, 1))
        .map(({ gateway }) =>
          commitOf(gateway, this.#options.channel, transactionId).getStatus({ deadline }),
        );
      return await orAborted(Promise.any(fates), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new EmrError('COMMIT_UNKNOWN', { transactionId }, { cause: error });
    } finally {
      known.abort();
    }
  }

  /** To all orderers where they are known, else to a gateway. */
  async #handOver(transaction: Transaction): Promise<void> {
    const prepared = protos.PreparedTransaction.deserializeBinary(transaction.getBytes());
    const envelope = prepared.getEnvelope();
    if (this.#orderers === null || envelope === undefined) await transaction.submit();
    else await this.#orderers.submit(envelope.serializeBinary());
  }

  #proposal(
    { mspId, connection }: Pick<Endorsed, 'mspId' | 'connection'>,
    name: TransactionName,
    request: unknown,
    { transient }: TransactOptions,
  ): Proposal {
    const { channel, chaincode } = this.#options;
    return connection.gateway
      .getNetwork(channel)
      .getContract(chaincode)
      .newProposal(name, {
        arguments: [JSON.stringify(request)],
        endorsingOrganizations: [mspId],
        ...(transient === undefined ? {} : { transientData: { ...transient } }),
      });
  }
}

/** A proposal as it is, to be endorsed by one organization. */
function forOne(proposal: Uint8Array, mspId: MspId): Uint8Array {
  const message = protos.ProposedTransaction.deserializeBinary(proposal);
  message.setEndorsingOrganizationsList([mspId]);
  return message.serializeBinary();
}

async function calling<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  try {
    return await orAborted(call(), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw fromFabricError(error);
  }
}
