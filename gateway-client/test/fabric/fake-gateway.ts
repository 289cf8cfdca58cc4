/** A gateway peer on loopback that answers as a test tells it to, over real gRPC with TLS. */
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type MethodDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { common, gateway as protos, peer } from '@hyperledger/fabric-protos';
import type { GatewayEndpoint } from '@emr-share/gateway-client/fabric';

interface Message {
  serializeBinary(): Uint8Array;
}
interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

type Answer<Q extends Message, R extends Message> = (request: Q) => Promise<R> | R;

/** What the gateway does with each call; left out, the call never ends. */
export interface Behaviour {
  evaluate?: Answer<protos.EvaluateRequest, protos.EvaluateResponse>;
  endorse?: Answer<protos.EndorseRequest, protos.EndorseResponse>;
  submit?: Answer<protos.SubmitRequest, protos.SubmitResponse>;
  commitStatus?: Answer<protos.SignedCommitStatusRequest, protos.CommitStatusResponse>;
  /** Blocks of events; then the stream stays open, or breaks where the generator throws. */
  events?: (
    request: protos.ChaincodeEventsRequest,
  ) => AsyncGenerator<protos.ChaincodeEventsResponse, void>;
}

export interface TlsFiles {
  readonly keyPem: string;
  readonly certificatePem: string;
}

export class FakeGateway {
  readonly endpoint: GatewayEndpoint;
  readonly #server: Server;

  private constructor(server: Server, endpoint: GatewayEndpoint) {
    this.#server = server;
    this.endpoint = endpoint;
  }

  static async start(tls: TlsFiles, behaviour: Behaviour): Promise<FakeGateway> {
    const server = new Server();
    server.addService(
      {
        evaluate: method('Evaluate', protos.EvaluateRequest),
        endorse: method('Endorse', protos.EndorseRequest),
        submit: method('Submit', protos.SubmitRequest),
        commitStatus: method('CommitStatus', protos.SignedCommitStatusRequest),
        chaincodeEvents: {
          ...method('ChaincodeEvents', protos.SignedChaincodeEventsRequest),
          responseStream: true,
        },
      },
      {
        evaluate: handler((request: protos.EvaluateRequest) => behaviour.evaluate?.(request)),
        endorse: handler((request: protos.EndorseRequest) => behaviour.endorse?.(request)),
        submit: handler((request: protos.SubmitRequest) => behaviour.submit?.(request)),
        commitStatus: handler((request: protos.SignedCommitStatusRequest) =>
          behaviour.commitStatus?.(request),
        ),
        chaincodeEvents: (
          call: ServerWritableStream<
            protos.SignedChaincodeEventsRequest,
            protos.ChaincodeEventsResponse
          >,
        ) => {
          void stream(call, behaviour);
        },
      },
    );
    const pair = {
      private_key: Buffer.from(tls.keyPem),
      cert_chain: Buffer.from(tls.certificatePem),
    };
    const port = await new Promise<number>((resolve, reject) => {
      const ssl = ServerCredentials.createSsl(null, [pair]);
      server.bindAsync('127.0.0.1:0', ssl, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return new FakeGateway(server, endpointAt(port, tls));
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

/** Where nobody listens. */
export async function deadEndpoint(tls: TlsFiles): Promise<GatewayEndpoint> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return endpointAt(port, tls);
}

/** The endorsed transaction of a proposal, with a result. */
export function endorsed(result: unknown): protos.EndorseResponse {
  const response = new peer.Response();
  response.setStatus(200);
  response.setPayload(Buffer.from(JSON.stringify(result)));
  const action = new peer.ChaincodeAction();
  action.setResponse(response);
  const payloadOfResponse = new peer.ProposalResponsePayload();
  payloadOfResponse.setExtension$(action.serializeBinary());
  const endorsedAction = new peer.ChaincodeEndorsedAction();
  endorsedAction.setProposalResponsePayload(payloadOfResponse.serializeBinary());
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setAction(endorsedAction);
  const transactionAction = new peer.TransactionAction();
  transactionAction.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([transactionAction]);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setChannelId('emr');
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const answer = new protos.EndorseResponse();
  answer.setPreparedTransaction(envelope);
  return answer;
}

export function evaluated(result: unknown): protos.EvaluateResponse {
  return evaluatedBytes(Buffer.from(JSON.stringify(result)));
}

export function evaluatedBytes(bytes: Uint8Array): protos.EvaluateResponse {
  const response = new peer.Response();
  response.setStatus(200);
  response.setPayload(bytes);
  const answer = new protos.EvaluateResponse();
  answer.setResult(response);
  return answer;
}

/** A block with one event for each transaction ID. */
export function blockOfEvents(
  blockNumber: number,
  transactionIds: readonly string[],
): protos.ChaincodeEventsResponse {
  const block = new protos.ChaincodeEventsResponse();
  block.setBlockNumber(blockNumber);
  block.setEventsList(
    transactionIds.map((transactionId) => {
      const entry = { type: 'user.registered', at: 1, transactionId, actor: 'p.1', mspId: 'A' };
      const event = new peer.ChaincodeEvent();
      event.setTxId(transactionId);
      event.setPayload(Buffer.from(JSON.stringify(entry)));
      return event;
    }),
  );
  return block;
}

export function committed(code: number, blockNumber = 7): protos.CommitStatusResponse {
  const answer = new protos.CommitStatusResponse();
  answer.setResult(code as ReturnType<protos.CommitStatusResponse['getResult']>);
  answer.setBlockNumber(blockNumber);
  return answer;
}

function endpointAt(port: number, tls: TlsFiles): GatewayEndpoint {
  return { address: `localhost:${port}`, tlsRootPem: tls.certificatePem };
}

function method<Q extends Message>(
  name: string,
  request: MessageType<Q>,
): MethodDefinition<Q, Message> {
  return {
    path: `/gateway.Gateway/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(message.serializeBinary()),
    requestDeserialize: (bytes) => request.deserializeBinary(bytes),
    responseSerialize: (message) => Buffer.from(message.serializeBinary()),
    responseDeserialize: () => {
      throw new Error('a server reads no answers');
    },
  };
}

async function stream(
  call: ServerWritableStream<protos.SignedChaincodeEventsRequest, protos.ChaincodeEventsResponse>,
  { events }: Behaviour,
): Promise<void> {
  const bytes = call.request.getRequest_asU8();
  try {
    const request = protos.ChaincodeEventsRequest.deserializeBinary(bytes);
    for await (const block of events?.(request) ?? []) call.write(block);
  } catch (error) {
    call.emit('error', error);
  }
}

function handler<Q extends Message, R extends Message>(
  answer: (request: Q) => Promise<R> | R | undefined,
): handleUnaryCall<Q, R> {
  return (call: ServerUnaryCall<Q, R>, callback: sendUnaryData<R>) => {
    void (async () => {
      try {
        const response = await answer(call.request);
        if (response !== undefined) callback(null, response);
      } catch (error) {
        callback(error as Error);
      }
    })();
  };
}
