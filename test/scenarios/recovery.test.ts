/**
 * A device is lost, and with it the keys: custodians bring them back, in everybody's sight.
 */
import { beforeAll, expect, it } from '@jest/globals';
import {
  connect,
  Keyring,
  KeyRecovery,
  type EmrClient,
  type EmrError,
  type Ledger,
} from '@emr-share/gateway-client';
import { recoveryState, type RecoveryRequest } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { join, newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

const WAIT_MS = 60_000;

describeOnEachBackend('recovery of a lost keyring', (backend) => {
  let patient: Person;
  let guardian: Person;
  let officers: readonly EmrClient[];
  let recordId: string;
  let lost: RecoveryRequest;
  const fresh = Keyring.random();
  const warnings: EmrError[] = [];

  /** A device of the patient that has a new certificate and nothing else. */
  let newDevice: Ledger;
  const recovering = (keyring = fresh): KeyRecovery =>
    new KeyRecovery({ ledger: newDevice, keyring, onWarning: (one) => warnings.push(one) });

  const connected = async (mspId: string): Promise<EmrClient> => {
    const { identity, keyring } = await backend().admin(mspId);
    const ledger = backend().ledger(identity);
    return connect({ ledger, blobs: backend().blobs, keyring });
  };
  const officerOf = async (mspId: string): Promise<EmrClient> => {
    const role = 'privacy-officer' as const;
    const { client } = await join(backend(), { name: 'o.braun', mspId, role });
    await client.identity.register({ role });
    return client;
  };

  beforeAll(async () => {
    patient = await newPatient(backend());
    guardian = await newPhysician(backend(), { name: 'g.keller', mspId: 'HospBMSP' });
    officers = [await connected('HospAMSP'), await officerOf('HospBMSP')];
    const options = {
      patient: patient.userId,
      category: 'medicine',
      contentType: 'text/plain',
    } as const;
    const { record } = await patient.client.records.upload(Buffer.from('aspirin'), options);
    ({ recordId } = record);
    await patient.client.recovery.plan({ guardians: [guardian.userId], waitMs: WAIT_MS });
    const { userId } = patient;
    const enrolment = { mspId: 'HospAMSP', userId, role: 'patient' } as const;
    newDevice = backend().ledger(await backend().enrolAgain(enrolment));
    lost = await recovering().request();
  });

  it('is planned by the patient: organizations and guardians hold shares, guardians below the threshold', async () => {
    const { body } = await guardian.client.recovery.get({ patient: patient.userId });
    expect(body).toMatchObject({ threshold: 3, waitMs: WAIT_MS });
    expect(body.custodians.map(({ kind }) => kind)).toEqual([
      ...backend().organizations.map(() => 'organization'),
      'guardian',
    ]);
    const wards = await all(guardian.client.recovery.wards());
    expect(wards.map((ward) => ward.body.planId)).toEqual([body.planId]);
  });

  it('is seen at once by the patient, the guardians and the officers, and waits', async () => {
    for (const { recovery } of [guardian.client, ...officers]) {
      const requests = await all(recovery.requests({ patient: patient.userId }));
      expect(requests.map(({ requestId }) => requestId)).toEqual([lost.requestId]);
    }
    expect(recoveryState(lost, lost.requestedAt)).toBe('waiting');
    expect(await codeOf(recovering().finish(lost.requestId))).toBe('RECOVERY_APPROVALS_MISSING');
  });

  it('is ended by a veto from a device that was not lost', async () => {
    const thief = recovering(Keyring.random());
    const { requestId } = await thief.request();
    const ended = await patient.client.recovery.veto(requestId);
    expect(recoveryState(ended, ended.releaseAt)).toBe('vetoed');
    const late = officers[0]!.recovery.approve(requestId, { code: thief.code });
    expect(await codeOf(late)).toBe('RECOVERY_VETOED');
  });

  it('gives the very keyring back after the waiting time, with enough approvals', async () => {
    const { code } = recovering();
    const { requestId } = lost;
    await guardian.client.recovery.approve(requestId, { code });
    for (const { recovery } of officers) await recovery.approve(requestId, { code });
    expect(await codeOf(recovering().finish(requestId))).toBe('RECOVERY_WAITING');
    await backend().until(lost.releaseAt);
    warnings.length = 0;
    const { keyring, seed } = await recovering().finish(requestId);
    expect(warnings).toEqual([]);
    expect(keyring.verifyingKeyHex).toBe(patient.keyring.verifyingKeyHex);
    expect(Keyring.fromSeed(seed).readerKeyHex).toBe(patient.keyring.readerKeyHex);

    await using client = await connect({ ledger: newDevice, blobs: backend().blobs, keyring });
    const fetched = await client.records.fetch(recordId);
    expect(Buffer.from(await fetched.bytes()).toString()).toBe('aspirin');
    const types = (await all(client.audit.log())).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('recovery.'))).toEqual([
      'recovery.planned',
      'recovery.requested',
      'recovery.requested',
      'recovery.vetoed',
      'recovery.approved',
      'recovery.approved',
      'recovery.approved',
      'recovery.completed',
    ]);
    expect(await codeOf(recovering().finish(requestId))).toBe('RECOVERY_ENDED');
  });
});
