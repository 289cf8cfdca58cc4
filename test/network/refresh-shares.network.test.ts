/**
 * A hospital joins a running network, and another one leaves: what an emergency may open goes over to
 * those who stay, by the commands that an operator types. On a network of its own.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foundConsortium, openFabricConsortium, openOwnNetwork } from '@emr-share/cli/consortium';
import type { FabricConsortium, OwnNetwork } from '@emr-share/cli/consortium';
import {
  connect,
  Keyring,
  type EmrClient,
  type Ledger,
  type RefreshReport,
} from '@emr-share/gateway-client';
import { EmrError, type MspId, type Role } from '@emr-share/model';
import { stopNode } from '@emr-share/network';
import { emrHere } from '../../cli/test/support/capture.js';
import { all } from '../support/all.js';
import { interceptedLedger } from '../support/between.js';

const BASE_PORT = 31_500;
const LIMIT_MS = 10 * 60_000;
const DEV = fileURLToPath(new URL('../../network/topology/dev.yaml', import.meta.url));
const HOSPITAL = '  - { name: hospd, mspId: HospDMSP, kind: hospital, orderer: false }\n';
const [A, B, D] = ['HospAMSP', 'HospBMSP', 'HospDMSP'] as const;

/** A custodian that gives no partial decryptions. */
const withoutShareOf =
  (silent: MspId) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, ({ name, organizations }, pass) =>
      name === 'audience:OpenRecords' && organizations?.[0] === silent
        ? Promise.reject(new EmrError('LEDGER_UNAVAILABLE', { endpoint: silent }))
        : pass(),
    );

describe('a hospital that joins, and one that leaves', () => {
  let network: OwnNetwork;
  let consortium: FabricConsortium;
  let patient: EmrClient;

  const person = async (
    mspId: MspId,
    userId: string,
    role: Role,
    between: (real: Ledger) => Ledger = (real) => real,
  ): Promise<EmrClient> => {
    const ledger = between(consortium.ledger(await consortium.enrol(mspId, { userId, role })));
    return connect({ ledger, blobs: consortium.blobs, keyring: Keyring.random() });
  };
  const newcomer = async (
    mspId: MspId,
    userId: string,
    role: Role,
    between?: (real: Ledger) => Ledger,
  ): Promise<EmrClient> => {
    const client = await person(mspId, userId, role, between);
    await client.identity.register({ role });
    return client;
  };
  const emr = async (...args: string[]): Promise<unknown> => {
    const ran = await emrHere(['--json', 'network', 'admin', ...args, '--dir', network.dir]);
    const problem = ran.exitCode === 0 ? '' : ran.stderr;
    expect([args[0], ran.exitCode, problem]).toEqual([args[0], 0, '']);
    return JSON.parse(ran.stdout) as unknown;
  };

  beforeAll(async () => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    network = await openOwnNetwork({ basePort: BASE_PORT, signal, onProgress: () => undefined });
    const topology = join(dirname(network.dir), 'more.yaml');
    await writeFile(topology, `${await readFile(DEV, 'utf8')}${HOSPITAL}`);
    consortium = await openFabricConsortium(network.dir);
    await foundConsortium(consortium);
    patient = await person(A, 'p.meier', 'patient');
    await patient.identity.enrolPatient();
    await patient.records.upload(Buffer.from('warfarin 5 mg'), {
      patient: 'p.meier',
      category: 'prescription',
      contentType: 'text/plain',
    });
    await emr('add-organization', '--topology', topology, '--base-port', String(BASE_PORT));
    await consortium[Symbol.asyncDispose]();
    consortium = await openFabricConsortium(network.dir);
  }, LIMIT_MS);

  afterAll(async () => {
    await consortium[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
  }, LIMIT_MS);

  it(
    'decide on a roster, hand the shares on, and open an emergency with the new one',
    async () => {
      expect(await emr('roster', 'show')).toEqual({ inForce: null, supported: [] });
      const proposal = ['roster', 'propose', 'hospa', 'hospa', 'hospb', 'hospd'];
      expect(await emr(...proposal)).toMatchObject({ needed: 3, supporters: [A] });
      expect(await emr('roster', 'approve', 'hospb', 'hospa')).toMatchObject({ adopted: false });
      expect(await emr('roster', 'approve', 'hospd', 'hospa')).toMatchObject({
        roster: { number: 1, custodians: [A, B, D], threshold: 2 },
        adopted: true,
      });

      const first = (await emr('refresh-shares', 'hospa')) as { reports: RefreshReport[] };
      expect(first.reports).toMatchObject([
        { mspId: A, done: { deal: 2, activate: 0 }, waiting: { scopes: 2 } },
      ]);
      const { reports } = (await emr('refresh-shares')) as { reports: RefreshReport[] };
      expect(reports.map(({ waiting }) => waiting.scopes)).toEqual([0, 0, 0, 0]);
      expect(reports.reduce((sum, { done }) => sum + done.activate, 0)).toBe(2);

      await stopNode(network.dir, 'contract.hospc');
      const physician = await newcomer(B, 'd.abara', 'emergency-physician', withoutShareOf(A));
      const officer = await newcomer(D, 'o.dunn', 'privacy-officer');
      const { ticketId } = await physician.emergency.declare({
        patient: 'p.meier',
        reason: { code: 'unconscious' },
      });
      const ticket = await officer.emergency.approve(ticketId);
      const [record] = await all(physician.emergency.open(ticket));
      expect(Buffer.from(await record!.bytes()).toString()).toBe('warfarin 5 mg');
    },
    LIMIT_MS,
  );
});
