/**
 * The port `Ledger` over the embedded channel, for one enrolled identity.
 *
 * @module
 */
import type {
  Committed,
  EventOptions,
  Identity,
  Ledger,
  LedgerEvent,
  TransactOptions,
} from '@emr-share/gateway-client';
import { userIdOf } from '@emr-share/gateway-client/node';
import {
  EmrError,
  TRANSACTIONS,
  validate,
  type MspId,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import { orAborted } from './blobs/abortable.js';
import type { Channel, Invocation } from './channel.js';
import { eventsAfter } from './ledger/event-stream.js';
import type { Peer } from './peer.js';

export class EmbeddedLedger implements Ledger {
  readonly mspId: MspId;
  readonly userId: string;
  readonly #identity: Identity;
  readonly #channel: Channel;
  readonly #closed: AbortSignal;

  /**
   * @param closed - Aborts when the consortium closes; event streams end then.
   * @throws EmrError `INPUT_INVALID` when the certificate names no user.
   */
  constructor(identity: Identity, channel: Channel, closed: AbortSignal) {
    this.mspId = identity.mspId;
    this.userId = userIdOf(identity.certificatePem);
    this.#identity = identity;
    this.#channel = channel;
    this.#closed = closed;
  }

  async evaluate<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<TransactionResponse<N>> {
    const organizations =
      TRANSACTIONS[name].kind === 'custodian-query'
        ? theOne(name, options)
        : [options.organizations?.[0] ?? this.mspId];
    const invocation = this.#invocation(name, request, organizations, options);
    return decode(name, await this.#evaluate(invocation));
  }

  async submit<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options: TransactOptions = {},
  ): Promise<Committed<TransactionResponse<N>>> {
    const organizations =
      TRANSACTIONS[name].kind === 'organization'
        ? theOne(name, options)
        : named(options, this.#channel);
    const invocation = this.#invocation(name, request, organizations, options);
    const committed = await this.#submit(invocation);
    return { ...committed, response: decode(name, committed.response) };
  }

  /** Events as the caller's own organization has committed them. */
  events({ after, signal }: EventOptions = {}): AsyncIterable<LedgerEvent> {
    const peer = this.#ownPeer();
    const ending = signal === undefined ? this.#closed : AbortSignal.any([signal, this.#closed]);
    const from = after ?? { blockNumber: peer.copy.publishedHead.height };
    return this.#admitted(peer, eventsAfter(peer, from, this.#channel.heights, ending), ending);
  }

  #evaluate(invocation: Invocation): Promise<string> {
    return orAborted(this.#channel.evaluate(this.#identity, invocation), invocation.signal);
  }

  #submit(invocation: Invocation): ReturnType<Channel['submit']> {
    return orAborted(this.#channel.submit(this.#identity, invocation), invocation.signal);
  }

  #invocation(
    transaction: TransactionName,
    request: unknown,
    organizations: readonly MspId[],
    { transient, signal }: TransactOptions,
  ): Invocation {
    return { transaction, args: [JSON.stringify(request)], organizations, transient, signal };
  }

  /** Only members may listen, as in Fabric. */
  async *#admitted(
    peer: Peer,
    events: AsyncIterable<LedgerEvent>,
    ending: AbortSignal,
  ): AsyncGenerator<LedgerEvent, void, undefined> {
    try {
      await this.#channel.admit(this.#identity, peer, 'events');
    } catch (error) {
      if (ending.aborted) return;
      throw error;
    }
    yield* events;
  }

  #ownPeer(): Peer {
    const peer = this.#channel.peers.find(({ mspId }) => mspId === this.mspId);
    if (peer !== undefined) return peer;
    const problem = `${this.mspId} is no organization of the channel`;
    throw new EmrError('LEDGER_REJECTED', { problem });
  }
}

/** The organizations that the caller names; all, where it names none. */
function named({ organizations = [] }: TransactOptions, { peers }: Channel): readonly MspId[] {
  return organizations.length > 0 ? [...new Set(organizations)] : peers.map(({ mspId }) => mspId);
}

function theOne(name: TransactionName, { organizations = [] }: TransactOptions): readonly MspId[] {
  if (organizations.length === 1) return organizations;
  const problem = `${name} is for one organization; name it`;
  throw new EmrError('INPUT_INVALID', { what: 'the option organizations', problem });
}

function decode<N extends TransactionName>(name: N, response: string): TransactionResponse<N> {
  let value: unknown;
  try {
    value = JSON.parse(response);
  } catch (cause) {
    throw new EmrError('LEDGER_REJECTED', { problem: `${name} answered no JSON` }, { cause });
  }
  return validate(TRANSACTIONS[name].response, value, `the answer of ${name}`);
}
