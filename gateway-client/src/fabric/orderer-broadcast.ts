/**
 * Handing transactions to the orderers without a gateway between: half a way there and back less, and
 * every orderer has them, the one that leads among them.
 *
 * @module
 */
import { Client } from '@grpc/grpc-js';
import { common, orderer as protos } from '@hyperledger/fabric-protos';
import { clientArguments, isReady, type GrpcEndpoint } from './gateway-pool.js';

const METHOD = '/orderer.AtomicBroadcast/Broadcast';
/** An orderer that has not answered by then does not matter: the fate of a transaction does. */
const LIMIT_MS = 15_000;

export class OrdererBroadcast {
  readonly #clients: readonly Client[];

  /** Connects when it is first used. */
  constructor(orderers: readonly GrpcEndpoint[]) {
    this.#clients = orderers.map((endpoint) => new Client(...clientArguments(endpoint)));
  }

  /** Connects to all; resolves once each is connected, or `limitMs` have passed. */
  async ready(limitMs: number): Promise<void> {
    await Promise.all(this.#clients.map((client) => isReady(client, limitMs)));
  }

  /**
   * Hands an endorsed and signed transaction to all orderers.
   *
   * @param envelope - serialized
   * @returns once one of them has taken it
   * @throws AggregateError where none has
   */
  async submit(envelope: Uint8Array): Promise<void> {
    const message = Buffer.from(envelope);
    await Promise.any(this.#clients.map((client) => handOver(client, message)));
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

async function handOver(client: Client, envelope: Buffer): Promise<void> {
  const call = client.makeBidiStreamRequest(
    METHOD,
    (bytes: Buffer) => bytes,
    (bytes) => protos.BroadcastResponse.deserializeBinary(bytes),
    { deadline: Date.now() + LIMIT_MS },
  );
  try {
    await new Promise<void>((resolve, reject) => {
      call.on('data', (answer: protos.BroadcastResponse) => {
        if (answer.getStatus() === common.Status.SUCCESS) resolve();
        else reject(new Error(answer.getInfo()));
      });
      call.on('error', reject);
      call.on('end', () => {
        reject(new Error('an orderer has answered nothing'));
      });
      call.write(envelope);
    });
  } finally {
    call.end();
  }
}
