/**
 * Chaincode as a service: one organization's contracts behind fabric-shim's gRPC server.
 *
 * Ends with 0 after SIGTERM or SIGINT, with 78 where the set-up is wrong, with 1 where it cannot
 * listen. See {@link readServerEnvironment} for its variables.
 *
 * @module
 */
import './logging-level.js';
import { readFile } from 'node:fs/promises';
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import shim from 'fabric-shim';
import { createChaincode } from './create-chaincode.js';
import { readServerEnvironment, type TlsFiles } from './environment.js';
import { InFlight } from './in-flight.js';
import { openService } from './open-service.js';
import { ServiceError } from './service-error.js';

const EXIT_CONFIG = 78;
const DRAIN_MS = 5000;
/** For the last answers to leave the process. */
const FLUSH_MS = 100;

/** As `fabric-chaincode-node server` has them. */
const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.keepalive_time_ms': 110_000,
  'grpc.http2.min_time_between_pings_ms': 110_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.http2.max_pings_without_data': 0,
  'grpc.keepalive_permit_without_calls': 1,
};

type ServerOptions = ConstructorParameters<typeof shim.ChaincodeServer>[1];

async function serve(): Promise<void> {
  const environment = readServerEnvironment(process.env);
  const { mspId, chaincodeId: ccid, address, tls } = environment;
  const native = loadNativeBackend();
  if (native !== null) useBackend(native);
  const tlsProps = tls === null ? null : await readTls(tls);
  const chaincode = new InFlight(createChaincode(await openService(environment)), mspId);
  // Its types know mutual TLS only.
  const options = { ...GRPC_OPTIONS, ccid, address, tlsProps } as ServerOptions;
  await shim.Shim.server(chaincode, options).start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(chaincode, signal));
  }
  const security = tls === null ? 'without TLS' : 'with mutual TLS';
  print(`contracts of ${mspId} ready on ${address}, ${security}`);
}

async function stop(chaincode: InFlight, signal: string): Promise<void> {
  print(`${signal}: finishing what runs`);
  await chaincode.close(DRAIN_MS);
  // A peer's stream has no end of its own.
  setTimeout(() => process.exit(0), FLUSH_MS);
}

async function readTls({ key, cert, clientCACerts }: TlsFiles): Promise<TlsProperties> {
  return {
    key: await readPem(key),
    cert: await readPem(cert),
    clientCACerts: await readPem(clientCACerts),
  };
}

type TlsProperties = Readonly<Record<keyof TlsFiles, Buffer>>;

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ServiceError(`${path} cannot be read`, { cause });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

serve().catch((error: unknown) => {
  const isConfig = error instanceof ServiceError;
  process.stderr.write(`${error instanceof Error ? error.message : 'the service failed'}\n`);
  process.exit(isConfig ? EXIT_CONFIG : 1);
});
