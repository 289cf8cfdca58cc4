import 'reflect-metadata';
import { createPublicKey, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Pkcs10CertificateRequest, X509CrlGenerator } from '@peculiar/x509';
import { applyRevocationList } from '../src/admin/revoke-user.js';
import { CaClient, type CaName } from '../src/ca/ca-client.js';
import { makeCertificateRequest } from '../src/ca/certificate-request.js';
import { ensureIdentity, ensureRegistrar, writeOrganizationMsp } from '../src/ca/enrol.js';
import { revokedSerials } from '../src/ca/revocation-list.js';
import { normalSerial } from '../src/ca/serial.js';
import { applyWanted, majorityOf } from '../src/channel/align-channel.js';
import type { ChannelConfig, ConfigGroup } from '../src/channel/channel-config.js';
import { makeContractPackage } from '../src/channel/contract-package.js';
import { loadTopology, networkPaths } from '../src/index.js';
import { withContract } from '../src/topology/contract.js';
import { changesIn } from '../src/up/topology-changes.js';
import { TestCa } from './support/certificates.js';
import { FakeCaServer } from './support/fake-ca-server.js';
import { tempDir } from './support/temp-dir.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const cas = { ca: await TestCa.make('ca.hospa'), tlsca: await TestCa.make('tlsca.hospa') };
const server = new FakeCaServer(cas, 'boot');
const url = await server.start();
afterAll(() => {
  server.stop();
});

function group(parts: Partial<ConfigGroup> = {}): ConfigGroup {
  const empty = { groups: {}, values: {}, policies: {} };
  return { ...empty, mod_policy: 'Admins', version: '0', ...parts };
}

function member(rest: object = {}): ConfigGroup {
  const value = { config: { revocation_list: [] as string[] }, ...rest };
  return group({ values: { MSP: { mod_policy: 'Admins', version: '0', value } } });
}

function channel(application: readonly string[], orderer: readonly string[]): ChannelConfig {
  const section = (names: readonly string[]): ConfigGroup => {
    const policy = { mod_policy: 'Admins', version: '3', policy: names.join() };
    const consenters = { mod_policy: 'Admins', version: '7', value: names.join() };
    const type = { mod_policy: 'Admins', version: '0', value: {} };
    return group({
      groups: Object.fromEntries(names.map((name) => [name, member()])),
      policies: { Endorsement: policy, BlockValidation: policy },
      values: { Orderers: consenters, ConsensusType: type },
    });
  };
  const groups = { Application: section(application), Orderer: section(orderer) };
  return { sequence: '4', channel_group: { groups } };
}

function listsIn(config: ChannelConfig, mspId: string): unknown[] {
  const { Application, Orderer } = config.channel_group.groups;
  return [Application, Orderer].flatMap(({ groups }) => {
    const value = groups[mspId]?.values['MSP']?.value as
      { config: { revocation_list: string[] } } | undefined;
    return value === undefined ? [] : [value.config.revocation_list];
  });
}

async function revocationList(serials: readonly string[]): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const crl = await X509CrlGenerator.create({
    issuer: 'CN=ca.hospa',
    nextUpdate: new Date(Date.now() + 86_400_000), // as Fabric CA has it
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
    signingAlgorithm: P256,
    signingKey: keys.privateKey,
  });
  return crl.toString('pem');
}

describe('a revocation list in the channel', () => {
  it('stands in every group of its organization, and nowhere else', async () => {
    const config = channel(['HospAMSP', 'HospBMSP'], ['HospAMSP', 'HospBMSP']);
    const crl = await revocationList(['0a1b']);
    applyRevocationList(config, 'HospAMSP', crl);
    const encoded = Buffer.from(crl).toString('base64');
    expect(listsIn(config, 'HospAMSP')).toEqual([[encoded], [encoded]]);
    expect(listsIn(config, 'HospBMSP')).toEqual([[], []]);
  });

  it('stays where it says all that a fresher one does, and gives way to one that says more', async () => {
    const config = channel(['HospDMSP'], []);
    applyRevocationList(config, 'HospDMSP', await revocationList(['01', '02']));
    const before = listsIn(config, 'HospDMSP');
    applyRevocationList(config, 'HospDMSP', await revocationList(['02']));
    expect(listsIn(config, 'HospDMSP')).toEqual(before);
    const more = await revocationList(['02', '03']);
    applyRevocationList(config, 'HospDMSP', more);
    expect(listsIn(config, 'HospDMSP')).toEqual([[Buffer.from(more).toString('base64')]]);
    expect([...revokedSerials(more)].sort()).toEqual(['2', '3']);
  });

  it('names certificates as the CA does', () => {
    expect(normalSerial('00:0A:1B')).toBe('a1b');
  });
});

describe('bringing the channel in line', () => {
  it('adds members and takes over rules and consenters, but keeps what else there is', () => {
    const config = channel(['A', 'B'], ['A', 'B']);
    const wanted = channel(['A', 'B', 'C'], ['A', 'B2']);
    const kept = config.channel_group.groups.Application.groups['A'];
    applyWanted(config, wanted);
    const { Application, Orderer } = config.channel_group.groups;
    expect(Object.keys(Application.groups)).toEqual(['A', 'B', 'C']);
    expect(Application.groups['A']).toBe(kept);
    expect(Application.policies['Endorsement']).toMatchObject({ version: '3', policy: 'A,B,C' });
    expect(Orderer.values['Orderers']).toMatchObject({ version: '7', value: 'A,B2' });
    expect(Orderer.policies['BlockValidation']).toMatchObject({ policy: 'A,B2' });
    const once = JSON.stringify(config);
    applyWanted(config, wanted);
    expect(JSON.stringify(config)).toBe(once);
  });

  it('is signed by the fewest that are a majority of members and of orderers', async () => {
    const topology = await loadTopology('dev');
    const all = topology.organizations.map(({ mspId }) => mspId);
    const names = (config: ChannelConfig) => majorityOf(config, topology).map(({ name }) => name);
    expect(names(channel(all, all))).toEqual(['hospa', 'hospb', 'hospc']);
    expect(names(channel([...all, 'HospDMSP', 'HospEMSP'], all))).toEqual(
      topology.organizations.map(({ name }) => name),
    );
  });
});

describe('a contract of the next sequence', () => {
  it('is served where the one before is not, and the one after it where this one was', async () => {
    const first = await loadTopology('dev');
    const ports = (topology: typeof first) => topology.organizations[0]?.contract?.ports;
    const second = withContract(first, { ...first.contract, sequence: 2 });
    expect(ports(second)).toEqual({ grpc: ports(first)?.standby, standby: ports(first)?.grpc });
    expect(withContract(second, first.contract)).toEqual(first);
    expect(changesIn(first, second)).toContain('contract.sequence');
    const packages = [false, true].map((isAtStandby) => makeContractPackage('emr_2', isAtStandby));
    expect(packages[0]?.id).not.toBe(packages[1]?.id);
  });
});

describe('renewed certificates', () => {
  it('are of the key that was given', async () => {
    const first = await makeCertificateRequest('orderer.hospa', []);
    const second = await makeCertificateRequest('orderer.hospa', [], first.key);
    const keys = [first, second].map(({ csr }) =>
      Buffer.from(new Pkcs10CertificateRequest(csr).publicKey.rawData).toString('hex'),
    );
    expect(keys[0]).toBe(keys[1]);
    expect(createPublicKey(second.key)).toEqual(createPublicKey(first.key));
  });

  it('are issued when asked for, with the old keys for those who are known by them', async () => {
    const paths = networkPaths(await tempDir()).organization('hospa');
    const client = (name: CaName): CaClient => new CaClient(url, '', name);
    const [ca, tlsca] = [client('ca'), client('tlsca')];
    await writeOrganizationMsp(paths, ca, tlsca);
    const registrar = {
      ca: await ensureRegistrar(ca, paths.registrar('ca'), paths.caCertificate, 'boot'),
      tlsca: await ensureRegistrar(tlsca, paths.registrar('tlsca'), paths.tlsCaCertificate, 'boot'),
    };
    const enroller = { paths, ca, tlsca, registrar };
    for (const [short, keepsKeys] of [['orderer', true] as const, ['peer0', false] as const]) {
      const files = paths.node(short);
      const request = {
        id: `${short}.hospa`,
        paths: files,
        enrolment: { type: 'peer' as const },
        tls: { hosts: ['localhost'] },
        keepsKeys,
      };
      const read = (): Promise<string[]> =>
        Promise.all(
          [files.certificate, files.tlsCertificate, files.key, files.tlsKey].map((path) =>
            readFile(path, 'utf8'),
          ),
        );
      await ensureIdentity(enroller, request);
      const before = await read();
      await ensureIdentity(enroller, request);
      expect(await read()).toEqual(before);
      await ensureIdentity(enroller, request, { force: true });
      const after = await read();
      const same = after.map((text, i) => text === before[i]);
      expect(same).toEqual([false, false, keepsKeys, keepsKeys]);
    }
  });
});
