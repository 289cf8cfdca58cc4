import 'reflect-metadata';
import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { parse } from 'yaml';
import { CaClient, type CaName } from '../src/ca/ca-client.js';
import { certificateProblem } from '../src/ca/certificate.js';
import { makeCertificateRequest } from '../src/ca/certificate-request.js';
import { ecdsaToken, signLowS } from '../src/ca/ecdsa-token.js';
import {
  ensureIdentity,
  ensureRegistrar,
  hasIdentity,
  writeOrganizationMsp,
} from '../src/ca/enrol.js';
import { caServerConfig } from '../src/ca/server-config.js';
import { loadTopology, networkPaths } from '../src/index.js';
import { TestCa } from './support/certificates.js';
import { FakeCaServer, tokenVerifies } from './support/fake-ca-server.js';
import { tempDir } from './support/temp-dir.js';

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const HALF_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n;

const cas = { ca: await TestCa.make('ca.hospa'), tlsca: await TestCa.make('tlsca.hospa') };
const server = new FakeCaServer(cas, 'boot');
const url = await server.start();
afterAll(() => {
  server.stop();
});

const client = (name: CaName): CaClient => new CaClient(url, '', name);

describe('the signature that the CA asks for', () => {
  it('has the smaller s, always, and verifies', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (let i = 0; i < 64; i += 1) {
      const signature = signLowS(pem, `message ${String(i)}`);
      const rLength = signature[3] ?? 0;
      const s = BigInt(`0x${signature.subarray(6 + rLength).toString('hex')}`);
      expect(s <= HALF_ORDER).toBe(true);
      expect(
        createVerify('sha256')
          .update(`message ${String(i)}`)
          .verify(publicKey, signature),
      ).toBe(true);
    }
  });

  it('covers method, path and body', async () => {
    const { csr, key } = await makeCertificateRequest('x', []);
    const certificate = await cas.ca.sign(csr);
    const token = ecdsaToken({ certificate, key }, 'POST', '/a', '{}');
    expect(tokenVerifies(token, 'POST', '/a', '{}')).toBe(true);
    expect(tokenVerifies(token, 'PUT', '/a', '{}')).toBe(false);
    expect(tokenVerifies(token, 'POST', '/b', '{}')).toBe(false);
    expect(tokenVerifies(token, 'POST', '/a', '{} ')).toBe(false);
  });
});

describe('a certificate request', () => {
  it('names hosts by kind', async () => {
    const { csr } = await makeCertificateRequest('peer0.hospa', ['localhost', '127.0.0.1']);
    const request = new Pkcs10CertificateRequest(csr);
    expect(request.subject).toBe('CN=peer0.hospa');
    const [names] = request.extensions.filter(({ type }) => type === SUBJECT_ALTERNATIVE_NAME);
    expect(new SubjectAlternativeNameExtension(names!.rawData).names.toJSON()).toEqual([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]);
  });
});

describe('enrolment', () => {
  it('fills the folders that Fabric reads, keys for the owner alone, and keeps what is sound', async () => {
    const paths = networkPaths(await tempDir()).organization('hospa');
    const [ca, tlsca] = [client('ca'), client('tlsca')];
    await writeOrganizationMsp(paths, ca, tlsca);
    const registrar = {
      ca: await ensureRegistrar(ca, paths.registrar('ca'), paths.caCertificate, 'boot'),
      tlsca: await ensureRegistrar(tlsca, paths.registrar('tlsca'), paths.tlsCaCertificate, 'boot'),
    };
    const enroller = { paths, ca, tlsca, registrar };
    const identity = paths.node('peer0');
    const request = {
      id: 'peer0.hospa',
      paths: identity,
      enrolment: { type: 'peer' as const, attributes: { role: 'x' } },
      tls: { hosts: ['localhost'] },
    };
    expect(await hasIdentity(paths, request)).toBe(false);
    await ensureIdentity(enroller, request);
    expect(await hasIdentity(paths, request)).toBe(true);
    for (const file of [identity.key, identity.tlsKey]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(createPublicKey(await readFile(file, 'utf8')).asymmetricKeyDetails).toEqual({
        namedCurve: 'prime256v1',
      });
    }
    expect(await readFile(identity.tlsCa, 'utf8')).toBe(cas.tlsca.pem);
    expect(await readFile(join(identity.msp, 'config.yaml'), 'utf8')).toContain('PeerOUIdentifier');
    expect(server.registered.get('ca/peer0.hospa')).toMatchObject({
      type: 'peer',
      attrs: [{ name: 'role', value: 'x', ecert: true }],
    });

    const calls = server.calls.length;
    await ensureIdentity(enroller, request);
    expect(server.calls).toHaveLength(calls);

    await rm(identity.certificate);
    await ensureIdentity(enroller, request);
    expect(server.calls.slice(calls)).toEqual([
      'POST /api/v1/identities ca',
      'PUT /api/v1/identities/peer0.hospa ca',
      'POST /api/v1/enroll ca',
    ]);
  });

  it('says what the CA refused and why', async () => {
    const { csr } = await makeCertificateRequest('nobody', []);
    await expect(client('ca').enroll('nobody', 'guess', csr)).rejects.toMatchObject({
      code: 'CA_REFUSED',
      details: { action: 'enrol nobody', problem: 'Authentication failure' },
    });
  });

  it('says that the CA does not answer', async () => {
    const nowhere = new CaClient('http://127.0.0.1:1', '', 'ca');
    await expect(nowhere.caCertificate()).rejects.toMatchObject({ code: 'REQUEST_FAILED' });
  });
});

describe('a stored certificate', () => {
  it('is given up when it is of another CA or key, or ends soon', async () => {
    const { csr, key } = await makeCertificateRequest('x', []);
    const certificate = await cas.ca.sign(csr);
    const now = Date.now();
    expect(certificateProblem({ certificate, key }, cas.ca.pem, now)).toBeNull();
    expect(certificateProblem({ certificate, key }, cas.tlsca.pem, now)).toMatch(/another CA/);
    const other = await makeCertificateRequest('x', []);
    expect(certificateProblem({ certificate, key: other.key }, cas.ca.pem, now)).toMatch(
      /another key/,
    );
    const short = await cas.ca.sign(csr, 29);
    expect(certificateProblem({ certificate: short, key }, cas.ca.pem, now)).toMatch(/it ends/);
    expect(certificateProblem({ certificate: 'x', key }, cas.ca.pem, now)).toMatch(
      /cannot be read/,
    );
  });
});

describe('the CA server configuration', () => {
  it('serves both CAs from one process and listens on the host alone', async () => {
    const [hospa] = (await loadTopology('dev')).organizations;
    const first = parse(caServerConfig(hospa!, 'ca', 's', ['localhost'])) as Record<
      string,
      unknown
    >;
    expect(first).toMatchObject({
      address: '127.0.0.1',
      port: 17_000,
      tls: { enabled: true },
      cafiles: ['../tlsca/fabric-ca-server-config.yaml'],
      operations: { listenAddress: '127.0.0.1:17001' },
    });
    const second = parse(caServerConfig(hospa!, 'tlsca', 's', [])) as Record<string, unknown>;
    expect(second).not.toHaveProperty('cafiles');
    expect(second).toMatchObject({
      signing: {
        default: { usage: expect.arrayContaining(['server auth', 'client auth']) as unknown },
      },
    });
  });
});
