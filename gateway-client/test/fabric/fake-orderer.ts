/** An orderer on loopback that takes every transaction, over real gRPC with TLS. */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { common, orderer as protos } from '@hyperledger/fabric-protos';
import type { GrpcEndpoint } from '@emr-share/gateway-client/fabric';
import type { TlsFiles } from './fake-gateway.js';

export class FakeOrderer {
  readonly endpoint: GrpcEndpoint;
  /** The first transaction that was handed over. */
  readonly first: Promise<common.Envelope>;
  readonly #server: Server;

  private constructor(server: Server, endpoint: GrpcEndpoint, first: Promise<common.Envelope>) {
    this.#server = server;
    this.endpoint = endpoint;
    this.first = first;
  }

  static async start({ keyPem, certificatePem }: TlsFiles): Promise<FakeOrderer> {
    const server = new Server();
    const first = new Promise<common.Envelope>((resolve) => {
      server.addService(protos.AtomicBroadcastService, {
        broadcast: (call: ServerDuplexStream<common.Envelope, protos.BroadcastResponse>) => {
          call.on('data', (envelope: common.Envelope) => {
            resolve(envelope);
            const answer = new protos.BroadcastResponse();
            answer.setStatus(common.Status.SUCCESS);
            call.write(answer);
          });
          call.on('end', () => {
            call.end();
          });
        },
        deliver: () => undefined,
      });
    });
    const pair = { private_key: Buffer.from(keyPem), cert_chain: Buffer.from(certificatePem) };
    const port = await new Promise<number>((resolve, reject) => {
      const ssl = ServerCredentials.createSsl(null, [pair]);
      server.bindAsync('127.0.0.1:0', ssl, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    const endpoint = { address: `localhost:${String(port)}`, tlsRootPem: certificatePem };
    return new FakeOrderer(server, endpoint, first);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
