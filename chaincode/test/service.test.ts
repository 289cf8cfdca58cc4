import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import protos from '@hyperledger/fabric-protos';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, CHAINCODE, freePort, ServiceProcess } from './support/built-service.js';
import { TlsAuthority } from './support/tls-authority.js';

const CHAINCODE_ID = 'emr_1.0:0123456789abcdef';

let directory: string;
let running: ServiceProcess[] = [];

beforeAll(async () => {
  build();
  directory = await mkdtemp(join(tmpdir(), 'emr-chaincode-'));
});

afterEach(async () => {
  await Promise.all(running.map((service) => service.stop('SIGKILL')));
  running = [];
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const start = (environment: Readonly<Record<string, string>>): ServiceProcess => {
  const service = new ServiceProcess(environment);
  running.push(service);
  return service;
};

interface Basics extends Readonly<Record<string, string>> {
  readonly CHAINCODE_SERVER_ADDRESS: string;
}

const basics = async (): Promise<Basics> => ({
  CORE_PEER_LOCALMSPID: 'HospAMSP',
  CORE_CHAINCODE_ID_NAME: CHAINCODE_ID,
  CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${String(await freePort())}`,
  EMR_CUSTODIAN_KEY_FILE: join(directory, 'custodian.json'),
});

/** Connects as a peer does; resolves with the ID by which the chaincode registers. */
function register(address: string, credentials: grpc.ChannelCredentials): Promise<string> {
  const client = new protos.peer.ChaincodeClient(address, credentials, {
    'grpc.ssl_target_name_override': 'localhost',
  });
  const stream = client.connect();
  return new Promise<string>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (message: InstanceType<typeof protos.peer.ChaincodeMessage>) => {
      const { ChaincodeID } = protos.peer;
      resolve(ChaincodeID.deserializeBinary(message.getPayload_asU8()).getName());
    });
  }).finally(() => {
    stream.cancel();
    client.close();
  });
}

describe('the chaincode service', () => {
  it('registers with a peer of its organization over mutual TLS, and with nobody else', async () => {
    const authority = await TlsAuthority.create('HospA TLS');
    const stranger = await TlsAuthority.create('Stranger');
    const [server, peer, impostor] = await Promise.all([
      authority.issue('chaincode'),
      authority.issue('peer0'),
      stranger.issue('peer0'),
    ]);
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    const environment = {
      ...(await basics()),
      CHAINCODE_TLS_KEY_FILE: await file('server.key', server.key),
      CHAINCODE_TLS_CERT_FILE: await file('server.pem', server.cert),
      CHAINCODE_TLS_CLIENT_CACERT_FILE: await file('ca.pem', authority.cert),
    };
    const service = start(environment);
    await service.ready();
    const connectAs = ({ key, cert }: typeof peer): Promise<string> => {
      const [ca, privateKey, chain] = [authority.cert, key, cert].map((pem) => Buffer.from(pem));
      const credentials = grpc.credentials.createSsl(ca, privateKey, chain);
      return register(environment.CHAINCODE_SERVER_ADDRESS, credentials);
    };
    await expect(connectAs(peer)).resolves.toBe(CHAINCODE_ID);
    await expect(connectAs(impostor)).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
    const { code, stdout, stderr } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('contracts of HospAMSP ready');
  });

  it('serves without TLS on loopback when told so, and ends cleanly under an open stream', async () => {
    const environment = { ...(await basics()), EMR_CHAINCODE_INSECURE: 'loopback' };
    const service = start(environment);
    await service.ready();
    const address = environment.CHAINCODE_SERVER_ADDRESS;
    const client = new protos.peer.ChaincodeClient(address, grpc.credentials.createInsecure());
    const stream = client.connect();
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    const { code, stderr } = await service.stop('SIGTERM');
    client.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('makes its custodian key at the first start and keeps it', async () => {
    const path = join(directory, 'made', 'custodian.json');
    const texts: string[] = [];
    for (let round = 0; round < 2; round++) {
      const environment = {
        ...(await basics()),
        EMR_CHAINCODE_INSECURE: 'loopback',
        EMR_CUSTODIAN_KEY_FILE: path,
      };
      const service = start(environment);
      await service.ready();
      await service.stop();
      texts.push(await readFile(path, 'utf8'));
    }
    expect(texts[1]).toBe(texts[0]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('ends with 78 and every problem where its environment is incomplete', async () => {
    const { code, stderr, stdout } = await start({ CORE_PEER_LOCALMSPID: '1 not an MSP' }).ended;
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('CORE_PEER_LOCALMSPID is out of form');
    for (const name of [
      'EMR_CUSTODIAN_KEY_FILE',
      'CHAINCODE_SERVER_ADDRESS',
      'CHAINCODE_TLS_KEY_FILE',
    ]) {
      expect(stderr).toContain(`${name} is not set`);
    }
    expect(stderr).not.toContain('    at ');
  });

  it('ends with 78 where a TLS file cannot be read', async () => {
    const missing = join(directory, 'missing.pem');
    const environment = {
      ...(await basics()),
      CHAINCODE_TLS_KEY_FILE: missing,
      CHAINCODE_TLS_CERT_FILE: missing,
      CHAINCODE_TLS_CLIENT_CACERT_FILE: missing,
    };
    const { code, stderr } = await start(environment).ended;
    expect(code).toBe(78);
    expect(stderr).toBe(`${missing} cannot be read\n`);
  });

  it('ends with 1 where its address is taken', async () => {
    const environment = { ...(await basics()), EMR_CHAINCODE_INSECURE: 'loopback' };
    await start(environment).ready();
    const { code, stderr } = await start(environment).ended;
    expect(code).toBe(1);
    expect(stderr).not.toBe('');
  });
});

describe('fabric-chaincode-node', () => {
  it('finds the contracts as committed, reading nothing of the environment', async () => {
    const cli = join(CHAINCODE, '..', 'node_modules', 'fabric-shim', 'cli.js');
    const file = join(directory, 'metadata.json');
    const args = [cli, 'metadata', 'generate', '--file', file];
    const env = { PATH: process.env['PATH'], CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR' };
    execFileSync(process.execPath, args, { cwd: CHAINCODE, env, stdio: 'pipe' });
    const generated: unknown = JSON.parse(await readFile(file, 'utf8'));
    const snapshot = join(CHAINCODE, 'contract-metadata.snapshot.json');
    expect(generated).toEqual(JSON.parse(await readFile(snapshot, 'utf8')));
  });
});
