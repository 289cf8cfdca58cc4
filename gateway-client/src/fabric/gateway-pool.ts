/**
 * Connections to gateway peers: one is used at a time, the next takes over when it does not answer.
 *
 * @module
 */
import {
  Client,
  credentials,
  type CallOptions,
  type ChannelCredentials,
  type ClientOptions,
} from '@grpc/grpc-js';
import { connect, hash, type Gateway } from '@hyperledger/fabric-gateway';
import { EmrError } from '@emr-share/model';
import type { Identity } from '../ports/identity.js';
import { orAborted } from '../time-limit.js';

/** A peer or an orderer. */
export interface GrpcEndpoint {
  /** `host:port`. */
  readonly address: string;
  /** Root certificates of the node's TLS certificate, PEM. */
  readonly tlsRootPem: string;
  /** Name in the node's certificate, where it is not the host of the address. */
  readonly serverName?: string | undefined;
}

/** One gateway peer. */
export type GatewayEndpoint = GrpcEndpoint;

/** How long each phase may take, in milliseconds. */
export interface FabricDeadlines {
  /** Connecting to one gateway. Default 3 s. */
  readonly connectMs: number;
  /** One query. Default 10 s. */
  readonly evaluateMs: number;
  /** Collecting the endorsements of one proposal. Default 20 s. */
  readonly endorseMs: number;
  /** Handing a transaction to the orderers. Default 15 s. */
  readonly submitMs: number;
  /** Learning whether a transaction was committed. Default 60 s. */
  readonly commitStatusMs: number;
  /** How long queries and endorsements are tried anew, at other gateways too. Default 15 s. */
  readonly unavailableMs: number;
}

export const DEFAULT_DEADLINES: FabricDeadlines = {
  connectMs: 3_000,
  evaluateMs: 10_000,
  endorseMs: 20_000,
  submitMs: 15_000,
  commitStatusMs: 60_000,
  unavailableMs: 15_000,
};

/** One gateway peer, connected when it is first used. */
export interface Connection {
  readonly address: string;
  readonly client: Client;
  readonly gateway: Gateway;
}

/** Connections that the ledgers of several identities share; whoever made them closes them. */
export class GatewayClients {
  readonly #clients = new Map<string, Client>();

  /** Connects when it is first used. */
  to(endpoint: GatewayEndpoint): Client {
    const { address } = endpoint;
    const client = this.#clients.get(address) ?? new Client(...clientArguments(endpoint));
    this.#clients.set(address, client);
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}

export class GatewayPool {
  readonly #connections: readonly Connection[];
  readonly #deadlines: FabricDeadlines;
  readonly #own = new GatewayClients();
  #current = 0;

  /**
   * Connects when it is first needed.
   *
   * @param shared - used instead of connections of its own, and left open
   * @throws EmrError `INPUT_INVALID` without an endpoint
   */
  constructor(
    endpoints: readonly GatewayEndpoint[],
    identity: Identity,
    deadlines: FabricDeadlines,
    shared?: GatewayClients,
  ) {
    if (endpoints.length === 0) {
      const problem = 'expected at least one';
      throw new EmrError('INPUT_INVALID', { what: 'the list of gateways', problem });
    }
    this.#deadlines = deadlines;
    const clients = shared ?? this.#own;
    this.#connections = endpoints.map((endpoint) =>
      connectionOver(clients.to(endpoint), endpoint, identity, deadlines),
    );
  }

  /** How many gateways there are. */
  get size(): number {
    return this.#connections.length;
  }

  /**
   * A gateway whose connection is ready: the one used last, else the next of the others, which are all
   * tried at once. Takes twice `connectMs` at most.
   *
   * @throws EmrError `LEDGER_UNAVAILABLE` when none is ready in time.
   */
  async ready(signal: AbortSignal | undefined): Promise<Gateway> {
    signal?.throwIfAborted();
    const [first, ...others] = this.#inTurn();
    const found =
      (await orAborted(this.#firstReady(first === undefined ? [] : [first]), signal)) ??
      (await orAborted(this.#firstReady(others), signal));
    if (found === null) {
      const endpoint = this.#connections.map(({ address }) => address).join(', ');
      throw new EmrError('LEDGER_UNAVAILABLE', { endpoint });
    }
    this.#current = this.#connections.indexOf(found);
    return found.gateway;
  }

  /** The next call begins with the gateway after `failed`, unless another call has moved on already. */
  moveOn(failed: Gateway): void {
    if (this.#connections[this.#current]?.gateway !== failed) return;
    this.#current = (this.#current + 1) % this.#connections.length;
  }

  /** The connections, beginning with the current one. */
  #inTurn(): Connection[] {
    const from = this.#current;
    return [...this.#connections.slice(from), ...this.#connections.slice(0, from)];
  }

  async #firstReady(candidates: readonly Connection[]): Promise<Connection | null> {
    const waits = candidates.map(({ client }) => isReady(client, this.#deadlines.connectMs));
    for (const [i, wait] of waits.entries()) {
      if (await wait) return candidates[i] ?? null;
    }
    return null;
  }

  close(): void {
    for (const { gateway } of this.#connections) gateway.close();
    this.#own.close();
  }
}

/** Connects; whether that was done within `limitMs`. */
export async function isReady(client: Client, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    client.waitForReady(Date.now() + limitMs, (error) => {
      resolve(error === undefined);
    });
  });
}

const within = (limitMs: number) => (): CallOptions => ({ deadline: Date.now() + limitMs });

/** How clients of this package connect to a node: address, credentials and options of gRPC. */
export function clientArguments({
  address,
  tlsRootPem,
  serverName,
}: GrpcEndpoint): [address: string, tls: ChannelCredentials, options: ClientOptions] {
  return [
    address,
    credentials.createSsl(Buffer.from(tlsRootPem)),
    {
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
      'grpc.keepalive_time_ms': 60_000,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
      // A connection of its own for each client, also where two are to the same node.
      'grpc.use_local_subchannel_pool': 1,
    },
  ];
}

/** Connects to one gateway peer as an identity. */
export function openConnection(
  endpoint: GatewayEndpoint,
  identity: Identity,
  deadlines: FabricDeadlines,
): Connection {
  return connectionOver(new Client(...clientArguments(endpoint)), endpoint, identity, deadlines);
}

function connectionOver(
  client: Client,
  { address }: GatewayEndpoint,
  identity: Identity,
  deadlines: FabricDeadlines,
): Connection {
  const gateway = connect({
    client,
    identity: {
      mspId: identity.mspId,
      credentials: new TextEncoder().encode(identity.certificatePem),
    },
    signer: (digest) => identity.sign(digest),
    hash: hash.sha256,
    evaluateOptions: within(deadlines.evaluateMs),
    endorseOptions: within(deadlines.endorseMs),
    submitOptions: within(deadlines.submitMs),
  });
  return { address, client, gateway };
}
