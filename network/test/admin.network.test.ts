/** Administration of a running network, on one of the file's own. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foundConsortium, openFabricConsortium } from '@emr-share/cli/consortium';
import { type Identity, Keyring, signedRegistration, type Ledger } from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import type { Role, UserId } from '@emr-share/model';
import {
  addOrganization,
  enrolUser,
  listUsers,
  networkPaths,
  parseTopology,
  registerUser,
  renewCertificates,
  revokeUser,
  status,
  type Topology,
  up,
  upgradeContract,
} from '../src/index.js';
import { openOwnNetwork, type OwnNetwork, type Publisher } from './support/own-network.js';

const LIMIT_MS = 5 * 60_000;
const BASE_PORT = 26_000;
const SERVICE = fileURLToPath(new URL('../../chaincode/dist/service/main.js', import.meta.url));
const DEV = fileURLToPath(new URL('../topology/dev.yaml', import.meta.url));

let network: OwnNetwork;
let patient: Publisher;
let devYaml = '';

async function member(name: string, userId: UserId, role: Role): Promise<Ledger> {
  const { mspId, certificate, key } = await enrolUser(network.dir, name, { userId, role });
  const identity = { mspId, certificatePem: certificate, privateKeyPem: key };
  return network.consortium.ledger(createIdentity(identity));
}

function ask(ledger: Ledger): Promise<unknown> {
  return ledger.evaluate('registry:ListCustodians', {});
}

async function nodesNotRunning(): Promise<unknown[]> {
  const { nodes } = await status(network.dir);
  return nodes.filter(({ state }) => state !== 'running');
}

/** The text of the certificates, by which one sees that they are others. */
function certificatesOf(organization: string, node: string): Promise<string[]> {
  const { certificate, tlsCertificate } = networkPaths(network.dir)
    .organization(organization)
    .node(node);
  return Promise.all([certificate, tlsCertificate].map((path) => readFile(path, 'utf8')));
}

describe('a running network', () => {
  beforeAll(async () => {
    devYaml = await readFile(DEV, 'utf8');
    network = await openOwnNetwork(parseTopology(devYaml, 'dev', { basePort: BASE_PORT }));
    patient = await network.publisher();
  }, LIMIT_MS);

  afterAll(async () => {
    await network[Symbol.asyncDispose]();
  }, LIMIT_MS);

  describe('its users', () => {
    it(
      'are refused at every gateway from the moment that their revocation is done',
      async () => {
        const ledger = await member('hospa', 'dr.gone', 'physician');
        await expect(ask(ledger)).resolves.toBeDefined();
        const target = { userId: 'dr.gone' };
        const first = await revokeUser(network.dir, 'hospa', target, { reason: 'keycompromise' });
        await expect(ask(ledger)).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
        expect(first).toMatchObject({ mspId: 'HospAMSP', alreadyRevoked: false });
        expect(first.serials).toHaveLength(1);

        const again = await revokeUser(network.dir, 'HospAMSP', { serial: first.serials[0]! });
        expect(again).toMatchObject({ userId: 'dr.gone', alreadyRevoked: true });
        expect(again.blockNumber).toBe(first.blockNumber);
        const [revoked] = (await listUsers(network.dir, 'hospa')).filter(
          ({ id }) => id === 'dr.gone',
        );
        expect(revoked?.certificates).toMatchObject([{ serial: first.serials[0], revoked: true }]);
        await expect(member('hospa', 'dr.gone', 'physician')).rejects.toMatchObject({
          code: 'CA_REFUSED',
        });
      },
      LIMIT_MS,
    );

    it('keep their role until an admin says otherwise, and get one certificate for each secret', async () => {
      const { dir } = network;
      const user = { userId: 'dr.known', role: 'physician', department: 'cardiology' };
      const first = await registerUser(dir, 'hospb', user);
      await expect(registerUser(dir, 'hospb', { ...user, role: 'admin' })).rejects.toMatchObject({
        code: 'USER_KNOWN',
        details: { role: 'physician' },
      });
      const again = await registerUser(
        dir,
        'hospb',
        { userId: 'dr.known', role: 'lab' },
        { again: true },
      );
      expect(again.before).toEqual({ role: 'physician', department: 'cardiology' });
      expect(again.enrolmentSecret).not.toBe(first.enrolmentSecret);
      const [known] = (await listUsers(dir, 'hospb')).filter(({ id }) => id === 'dr.known');
      expect(known).toMatchObject({ role: 'lab', department: null, certificates: [] });
    });

    it('are not mistaken for the nodes and admins that the network needs', async () => {
      await expect(revokeUser(network.dir, 'hospa', { userId: 'admin' })).rejects.toMatchObject({
        code: 'ADMIN_REFUSED',
      });
      await expect(revokeUser(network.dir, 'hospa', { userId: 'nobody' })).rejects.toMatchObject({
        code: 'USER_UNKNOWN',
      });
    });
  });

  describe('the auditor of an organization that only orders', () => {
    it('reads through a gateway of a hospital and writes nothing', async () => {
      const paths = networkPaths(network.dir).organization('regulator').user('auditor');
      const identity: Identity = createIdentity({
        mspId: 'RegulatorMSP',
        certificatePem: await readFile(paths.certificate, 'utf8'),
        privateKeyPem: await readFile(paths.key, 'utf8'),
      });
      const ledger = network.consortium.ledger(identity);
      const keyring = Keyring.random();
      const { userId, mspId } = ledger;
      const facts = { userId, mspId, role: 'auditor', registeredAt: Date.now() } as const;
      await ledger.submit('registry:RegisterUser', signedRegistration(keyring, facts));
      const log = { patient: patient.userId, pageSize: 10 };
      const { entries } = await ledger.evaluate('audit:ListEntries', log);
      expect(entries.map(({ type }) => type)).toContain('user.registered');
      const suspend = { userId: patient.userId };
      await expect(ledger.submit('registry:SuspendUser', suspend)).rejects.toMatchObject({
        code: 'ROLE_DENIED',
      });
      const body = {
        patient: ledger.userId,
        version: 1,
        purposes: ['TREAT' as const],
        maxGrantMs: 86_400_000,
        ticketMs: 60_000,
        closedCategories: [],
        publishedAt: Date.now(),
      };
      const policy = { body, signature: keyring.sign('policy', body) };
      await expect(ledger.submit('registry:PublishPolicy', policy)).rejects.toMatchObject({
        code: 'ROLE_DENIED',
      });
    });
  });

  describe('its certificates', () => {
    it(
      'are renewed node by node while ordering goes on',
      async () => {
        const names = ['orderer.hospa', 'peer0.hospb', 'contract.hospc', 'contract-client.hospc'];
        const nodes: [string, string][] = [
          ['hospa', 'orderer'],
          ['hospb', 'peer0'],
        ];
        const before = await Promise.all(nodes.map((node) => certificatesOf(...node)));
        const key = networkPaths(network.dir).organization('hospa').node('orderer').key;
        const keyBefore = await readFile(key, 'utf8');
        for (const name of names) {
          expect(await renewCertificates(network.dir, name)).toMatchObject([{ name }]);
          await patient.publish();
        }
        const after = await Promise.all(nodes.map((node) => certificatesOf(...node)));
        for (const [i, texts] of after.entries()) {
          for (const [j, text] of texts.entries()) expect(text).not.toBe(before[i]?.[j]);
        }
        expect(await readFile(key, 'utf8')).toBe(keyBefore);
        expect(await nodesNotRunning()).toEqual([]);
        expect(await renewCertificates(network.dir)).toEqual([]);
        await expect(renewCertificates(network.dir, 'kubo.hospa')).rejects.toMatchObject({
          code: 'NODE_UNKNOWN',
        });
      },
      LIMIT_MS,
    );
  });

  describe('another version of the contract', () => {
    it(
      'takes over while it is asked all the while',
      async () => {
        const readers = await Promise.all(
          ['hospa', 'hospb', 'hospc'].map((name) => member(name, `reader-${name}`, 'physician')),
        );
        let isOver = false;
        const failures: unknown[] = [];
        const answers = readers.map(async (ledger) => {
          let count = 0;
          while (!isOver) {
            await ask(ledger).then(
              () => (count += 1),
              (error: unknown) => failures.push(error),
            );
          }
          return count;
        });
        const report = await upgradeContract(network.dir, '1.1').finally(() => {
          isOver = true;
        });
        const counts = await Promise.all(answers);
        expect(failures).toEqual([]);
        expect(Math.min(...counts)).toBeGreaterThan(10);
        expect(report).toMatchObject({
          before: { sequence: 1 },
          now: { version: '1.1', sequence: 2 },
        });
        expect(await nodesNotRunning()).toEqual([]);
        await patient.publish();
        expect(await upgradeContract(network.dir, '1.1')).toMatchObject({ now: { sequence: 2 } });
      },
      LIMIT_MS,
    );
  });

  describe('a further hospital', () => {
    const hospital = '{ name: hospd, mspId: HospDMSP, kind: hospital';
    const withMore = (line: string): Topology =>
      parseTopology(`${devYaml}  - ${line}\n`, 'more', { basePort: BASE_PORT });

    it('is not added with an orderer, nor beside other changes', async () => {
      const { dir } = network;
      await expect(addOrganization(dir, withMore(`${hospital} }`))).rejects.toMatchObject({
        code: 'ADMIN_REFUSED',
        details: { problem: expect.stringContaining('orderer: false') as unknown },
      });
      const changed = withMore(`${hospital}, orderer: false }`);
      await expect(addOrganization(dir, { ...changed, channel: 'other' })).rejects.toMatchObject({
        code: 'ADMIN_REFUSED',
      });
    });

    it(
      'joins the running channel, endorses, and holds fragments; an interruption is made up for',
      async () => {
        const { dir } = network;
        const wanted = withMore(`${hospital}, orderer: false }`);
        const early = AbortSignal.timeout(3_000);
        await expect(addOrganization(dir, wanted, { signal: early })).rejects.toThrow(/timeout/i);
        const added = await addOrganization(dir, wanted);
        expect(added).toMatchObject({ mspId: 'HospDMSP' });
        expect(added.endorsement).toMatch(/^OutOf\(3, .*'HospDMSP\.peer'\)$/);
        expect(await nodesNotRunning()).toEqual([]);

        await using consortium = await openFabricConsortium(dir);
        await foundConsortium(consortium);
        const enrolled = await consortium.enrol('HospDMSP', {
          userId: 'dr.new',
          role: 'physician',
        });
        const { custodians } = await consortium
          .ledger(enrolled)
          .evaluate('registry:ListCustodians', {});
        expect(custodians.map(({ mspId }) => mspId)).toContain('HospDMSP');
        await patient.publish();

        const command = [process.execPath, SERVICE] as const;
        await up(wanted, { dir, contract: { command } });
        expect(await nodesNotRunning()).toEqual([]);
      },
      LIMIT_MS,
    );
  });
});
