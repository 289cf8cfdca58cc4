/**
 * A hospital burns down: its peers, orderer, CA, contract service and store are deleted from the disk,
 * on a network of the file's own. The others go on, and give it back.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  foundConsortium,
  type HospitalReport,
  openFabricConsortium,
  openOwnNetwork,
  type FabricConsortium,
  type OwnNetwork,
} from '@emr-share/cli/consortium';
import {
  connect,
  type EmrClient,
  type Identity,
  Keyring,
  type RefreshReport,
  rotateCustodian,
} from '@emr-share/gateway-client';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { MspId, Role, TransactionRecord } from '@emr-share/model';
import {
  compareLedgers,
  connectionProfiles,
  killNodes,
  networkPaths,
  nodesToAct,
  registerUser,
  restoreSite,
  revokeUser,
  startNodes,
  status,
  waitSwarm,
  waitTakingPart,
} from '@emr-share/network';
import { create } from 'kubo-rpc-client';
import { all } from '../../../test/support/all.js';
import { eventually } from '../../../test/support/eventually.js';
import { codeOf } from '../../../test/support/refusal.js';
import { emrHere, type Ran } from '../support/capture.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

const BASE_PORT = 28_500;
const LIMIT_MS = 10 * 60_000;
const PASSPHRASE = 'nine long night shifts';
const DOCTOR = 'dr.bauer';
const LARGE = randomBytes(3 << 20);

interface Person {
  readonly client: EmrClient;
  readonly identity: Identity;
  readonly keyring: Keyring;
}

describe('a hospital whose disks are lost', () => {
  let folder: string;
  let network: OwnNetwork;
  let consortium: FabricConsortium;
  let patient: Person;
  let reader: Person;
  let emergency: Person;
  let approver: Person;
  let lostIdentity: Identity;
  const records: TransactionRecord[] = [];
  const inFolder = (name: string): string => join(folder, name);

  async function enter(mspId: MspId, userId: string, role: Role): Promise<Person> {
    const identity = await consortium.enrol(mspId, { userId, role });
    const keyring = Keyring.random();
    const { blobs } = consortium;
    const client = await connect({ ledger: consortium.ledger(identity), blobs, keyring });
    if (role === 'patient') await client.identity.enrolPatient();
    else await client.identity.register({ role });
    return { client, identity, keyring };
  }

  /** With a connection of its own: the former one was closed. */
  async function again({ identity, keyring }: Person): Promise<Person> {
    const ledger = consortium.ledger(identity);
    const client = await connect({ ledger, blobs: consortium.blobs, keyring });
    return { client, identity, keyring };
  }

  /** As the user of a connection profile: hospital B's physician, with a keystore. */
  const emr = (args: readonly string[]): Promise<Ran> =>
    emrHere(args, {
      EMR_DATA: inFolder('data'),
      EMR_USER: DOCTOR,
      EMR_PASSPHRASE_FILE: inFolder('passphrase'),
      EMR_PROFILE: inFolder('hospb.json'),
    });
  async function emrDone(...args: string[]): Promise<unknown> {
    const { exitCode, stdout, stderr } = await emr(['--json', ...args]);
    expect([exitCode, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  }
  const exportProfile = async (): Promise<void> => {
    const { hospb } = await connectionProfiles(network.dir);
    await writeFile(inFolder('hospb.json'), JSON.stringify(hospb));
  };
  const restore = (...args: string[]): Promise<Ran> =>
    emrHere([
      ...['--json', 'site', 'restore', 'HospBMSP', '--dir', network.dir],
      ...['--secrets', inFolder('secrets'), ...args],
    ]);

  const file = async (text: Uint8Array, category: 'prescription' | 'omics'): Promise<void> => {
    const options = { patient: 'ana', category, contentType: 'text/plain' } as const;
    records.push((await patient.client.records.upload(text, options)).record);
  };
  const grantTo = (grantee: string) =>
    patient.client.grants.create({
      grantee,
      categories: ['prescription'],
      purposes: ['TREAT'],
      durationMs: 86_400_000,
    });
  const read = async ({ client }: Person, { recordId }: TransactionRecord): Promise<Buffer> => {
    const fetched = await client.records.fetch(recordId, { purpose: 'TREAT' });
    return Buffer.from(await fetched.bytes());
  };
  /** On each store, how many records it has pinned. */
  async function copies(): Promise<Map<string, number>> {
    const { stores } = Object.values(await connectionProfiles(network.dir))[0]!;
    const counts = new Map(records.map(({ info }) => [info.cid, 0]));
    for (const { url } of stores) {
      const pins = create({ url, timeout: 5_000 }).pin.ls({ type: 'recursive' });
      try {
        for await (const { cid } of pins) {
          const count = counts.get(cid.toString());
          if (count !== undefined) counts.set(cid.toString(), count + 1);
        }
      } catch {
        continue; // the store that is lost
      }
    }
    return counts;
  }

  async function openNetwork(): Promise<void> {
    consortium = await openFabricConsortium(network.dir);
  }

  /** Nothing of it is left: not a process, not a file. */
  async function burnDown(): Promise<void> {
    const nodes = await nodesToAct(network.dir, 'hospb');
    await killNodes(network.dir, nodes);
    const paths = networkPaths(network.dir);
    const { dir, caDir } = paths.organization('hospb');
    for (const lost of [dir, caDir, ...nodes.map((node) => paths.data(node))]) {
      await rm(lost, { recursive: true, force: true });
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emr-site-'));
    const signal = AbortSignal.timeout(LIMIT_MS);
    network = await openOwnNetwork({ basePort: BASE_PORT, signal, onProgress: () => undefined });
    await openNetwork();
    await foundConsortium(consortium);
    patient = await enter('HospAMSP', 'ana', 'patient');
    reader = await enter('HospCMSP', 'dr.wong', 'physician');
    emergency = await enter('HospCMSP', 'dr.erika', 'emergency-physician');
    approver = await enter('HospAMSP', 'dr.frank', 'emergency-physician');
    const other = await enter('HospBMSP', 'dr.gone', 'physician');
    lostIdentity = other.identity;
    await enter('HospBMSP', 'dr.thief', 'physician');
    await revokeUser(network.dir, 'hospb', { userId: 'dr.thief' });
    await mkdir(inFolder('data/keystores'), { recursive: true });
    await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    await KeystoreFile.create(inFolder(`data/keystores/${DOCTOR}.json`), {
      ...{ userId: DOCTOR, mspId: 'HospBMSP', role: 'physician', passphrase: PASSPHRASE },
      scryptCost: QUICK_SCRYPT,
    });
    const user = { userId: DOCTOR, role: 'physician', department: 'cardiology' };
    const { enrolmentSecret } = await registerUser(network.dir, 'hospb', user);
    await writeFile(inFolder('first.secret'), enrolmentSecret, { mode: 0o600 });
    await exportProfile();
    await emrDone('register', '--enrolment-secret-file', inFolder('first.secret'));
    await file(Buffer.from('warfarin'), 'prescription');
    await file(LARGE, 'prescription');
    await file(new Uint8Array(0), 'prescription');
    await file(Buffer.from('genome'), 'omics');
    await grantTo('dr.wong');
    await grantTo(DOCTOR);
  }, LIMIT_MS);

  afterAll(async () => {
    await consortium[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }, LIMIT_MS);

  it('is not made anew while anything of it is left', async () => {
    const ran = await restore();
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('still run')]);
    const nodes = await nodesToAct(network.dir, 'hospb');
    await killNodes(network.dir, nodes);
    const stopped = await restore();
    expect([stopped.exitCode, stopped.stderr]).toEqual([
      2,
      expect.stringMatching(/organizations\/hospb.* still there/),
    ]);
    await startNodes(network.dir, nodes);
  });

  it('leaves the others with every record, and with the shares that an emergency takes', async () => {
    await burnDown();
    expect(await read(reader, records[0]!)).toEqual(Buffer.from('warfarin'));
    expect(await read(reader, records[1]!)).toEqual(LARGE);
    expect(await read(reader, records[2]!)).toHaveLength(0);
    const reason = { code: 'unconscious', text: 'no papers' } as const;
    const ticket = await emergency.client.emergency.declare({ patient: 'ana', reason });
    // A peer whose orderer is gone looks for another one first, and is behind for so long.
    await eventually(() => approver.client.emergency.approve(ticket.ticketId));
    const opened = await eventually(() => all(emergency.client.emergency.open(ticket)));
    const sizes = await Promise.all(opened.map(async (one) => (await one.bytes()).length));
    expect(sizes.sort((a, b) => a - b)).toEqual([0, 8, LARGE.length]);
    await file(Buffer.from('ibuprofen'), 'prescription');
  });

  describe('once it is restored', () => {
    let report: HospitalReport & { readonly ms: number };

    beforeAll(async () => {
      await consortium[Symbol.asyncDispose]();
      const stop = new AbortController();
      const cutOff = restoreSite(network.dir, 'hospb', {
        signal: stop.signal,
        onProgress: (event) => {
          if (event.kind === 'finished' && event.step === 'site.return') stop.abort();
        },
      });
      await expect(cutOff).rejects.toThrow(/abort/);
      const ran = await restore();
      expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
      report = JSON.parse(ran.stdout) as typeof report;
      await openNetwork();
      await exportProfile();
    }, LIMIT_MS);

    it('says what came back and what did not', async () => {
      expect(report).toMatchObject({ organization: 'hospb', mspId: 'HospBMSP', resumed: true });
      expect(report.custodian.generation).toBe(2);
      const lost = report.custodian.lost.map((ref) => Object.keys(ref)[0]);
      expect(lost.filter((kind) => kind === 'grantId')).toHaveLength(2);
      expect(lost.filter((kind) => kind === 'audienceId').length).toBeGreaterThan(0);
      expect(report.content).toMatchObject({ blobs: 5, lost: [] });
      const secretFile = inFolder(`secrets/${DOCTOR}.secret`);
      expect(report.users.ready).toContainEqual({
        ...{ userId: DOCTOR, role: 'physician', department: 'cardiology', secretFile },
      });
      expect(report.users.skipped).toEqual([{ userId: 'dr.thief', reason: 'revoked' }]);
      expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
      expect(JSON.stringify(report)).not.toContain((await readFile(secretFile, 'utf8')).trim());
    });

    it('has the same ledger as the others, and votes on blocks', async () => {
      const comparison = await compareLedgers(network.dir);
      expect(comparison.copies).toHaveLength(10);
      expect(comparison.equal).toBe(true);
      await waitTakingPart(network.dir, ['orderer.hospb']);
      const { nodes } = await status(network.dir);
      expect(nodes.filter(({ state }) => state !== 'running')).toEqual([]);
    });

    it('has the content again of every record that was on too few stores', async () => {
      await waitSwarm(network.dir);
      expect(new Set((await copies()).values())).toEqual(new Set([2]));
      const stores = Object.values(await connectionProfiles(network.dir))[0]!.stores;
      const own = new KuboBlobStore({ nodes: [stores[1]!] });
      const { sizeBytes } = await own.stat(records[1]!.info.cid);
      expect(sizeBytes).toBeGreaterThan(LARGE.length);
    });

    it('lets nobody in with a certificate of the lost CA', async () => {
      const ledger = consortium.ledger(lostIdentity);
      expect(await codeOf(ledger.evaluate('registry:ListCustodians', {}))).toBe(
        'CERTIFICATE_REFUSED',
      );
      expect((await emr(['whoami'])).exitCode).toBe(0);
      expect((await emr(['records', '--patient', 'ana'])).exitCode).not.toBe(0);
    });

    it('lets its physicians in with their keys and a new certificate, to what they were granted', async () => {
      await emrDone('register', '--enrolment-secret-file', inFolder(`secrets/${DOCTOR}.secret`));
      const copy = inFolder('copy.txt');
      const [first] = records;
      const fetching = ['fetch', first!.recordId, '-o', copy, '--purpose', 'TREAT'];
      const fetched = await emr(['--json', ...fetching]);
      expect([fetched.exitCode, await readFile(copy, 'utf8')]).toEqual([0, 'warfarin']);
      // Its own fragment of that grant is gone; the others may have answered before it said so.
      expect(fetched.stderr).toMatch(/^$|FRAGMENT_MISSING.*HospBMSP holds no fragment/);
    });

    it('is dealt shares of what was shared before, without the patient', async () => {
      const admin = async (...args: string[]): Promise<unknown> => {
        const ran = await emrHere(['--json', 'network', 'admin', ...args, '--dir', network.dir]);
        expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
        return JSON.parse(ran.stdout);
      };
      await admin('roster', 'propose', 'hospa', 'hospa', 'hospb', 'hospc');
      await admin('roster', 'approve', 'hospb', 'hospa');
      const { reports } = (await admin('refresh-shares')) as { reports: RefreshReport[] };
      expect(reports.map(({ waiting }) => waiting.scopes)).toEqual([0, 0, 0]);
      expect(reports.find(({ mspId }) => mspId === 'HospBMSP')!.done.deal).toBe(0);
      expect(reports.reduce((sum, { done }) => sum + done.activate, 0)).toBeGreaterThan(0);
    });

    it('is a custodian again: with what it holds another hospital can be spared', async () => {
      patient = await again(patient);
      const { client } = patient;
      const rescuer = await again(approver);
      const colleague = await enter('HospBMSP', 'dr.kim', 'emergency-physician');
      await file(Buffer.from('metformin'), 'prescription');
      const grant = await grantTo(DOCTOR);
      expect(grant.body.custodians).toEqual(['HospAMSP', 'HospBMSP', 'HospCMSP']);
      await killNodes(network.dir, await nodesToAct(network.dir, 'hospc'));
      await file(Buffer.from('insulin'), 'prescription');
      for (const record of [records[1]!, records.at(-1)!]) {
        const copy = inFolder(record.recordId);
        await emrDone('fetch', record.recordId, '-o', copy, '--purpose', 'TREAT');
        const kept = await client.records.fetch(record.recordId);
        expect(await readFile(copy)).toEqual(Buffer.from(await kept.bytes()));
      }
      const reason = { code: 'unconscious' } as const;
      const declared = await rescuer.client.emergency.declare({ patient: 'ana', reason });
      const ticket = await eventually(() => colleague.client.emergency.approve(declared.ticketId));
      const opened = await eventually(() => all(rescuer.client.emergency.open(ticket)));
      const texts = await Promise.all(opened.map((one) => one.bytes()));
      expect(texts.map((text) => Buffer.from(text).toString())).toContain('warfarin');
      await startNodes(network.dir, await nodesToAct(network.dir, 'hospc'));
    });

    it('ends a grant, and changes its custodian key, as before', async () => {
      const [grant] = (await patientGrants()).filter(({ body }) => body.rule.grantee === 'dr.wong');
      const receipt = await patient.client.grants.revoke(grant!.body.grantId);
      expect(receipt).toBeDefined();
      const { identity } = await consortium.admin('HospBMSP');
      const keys = await consortium.custodianKeys('HospBMSP');
      const rotated = await rotateCustodian({ ledger: consortium.ledger(identity), keys });
      expect(rotated).toMatchObject({ generation: 3, unreadable: [], destroyed: [2] });
      expect(rotated.resealed).toBeGreaterThan(0);
    });

    async function patientGrants() {
      const grants = [];
      for await (const grant of patient.client.grants.list()) grants.push(grant);
      return grants;
    }
  });
});
