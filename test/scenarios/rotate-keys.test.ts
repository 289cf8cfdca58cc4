/**
 * New keys in the place of old ones: the user stays, contents stay, and grants go on or end.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  connect,
  Keyring,
  KeyRecovery,
  type EmrClient,
  type EmrError,
  type RotatedKeys,
} from '@emr-share/gateway-client';
import type { Category, Grant, RecordId } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend, type Backend } from '../support/backends.js';
import { answerLost, Crash, crashBefore } from '../support/between.js';
import { joinWith, newcomer, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';
import { MemoryKeystore } from '../support/rotation-store.js';

const WAIT_MS = 60_000;

/** Somebody whose keystore is at hand. */
interface Owner extends Person {
  readonly keystore: MemoryKeystore;
}

async function newPatient(backend: Backend): Promise<Owner> {
  const keystore = new MemoryKeystore();
  const who = { name: 'p.meier', mspId: 'HospAMSP', role: 'patient' } as const;
  const person = await joinWith(backend, who, () => keystore.keyring);
  await person.client.identity.enrolPatient();
  return { ...person, keystore };
}

const file = async (
  patient: Person,
  text: string,
  category: Category = 'medicine',
): Promise<RecordId> => {
  const options = { patient: patient.userId, category, contentType: 'text/plain' };
  return (await patient.client.records.upload(Buffer.from(text), options)).record.recordId;
};

const read = async (client: EmrClient, recordId: RecordId): Promise<string> => {
  const fetched = await client.records.fetch(recordId, { purpose: 'TREAT' });
  return Buffer.from(await fetched.bytes()).toString();
};

const grantTo = (
  patient: Person,
  grantee: Person,
  covered: { categories: Category[] } | { recordId: RecordId } = { categories: ['medicine'] },
): Promise<Grant> =>
  patient.client.grants.create({
    grantee: grantee.userId,
    ...covered,
    purposes: ['TREAT'],
    durationMs: 600_000,
  });

describeOnEachBackend('rotation of keys', (backend) => {
  let physician: Person;

  beforeAll(async () => {
    physician = await newPhysician(backend());
  });

  const connected = async (mspId: string): Promise<EmrClient> => {
    const { identity, keyring } = await backend().admin(mspId);
    return connect({ ledger: backend().ledger(identity), blobs: backend().blobs, keyring });
  };

  describe('that keeps the grants', () => {
    let patient: Owner;
    let before: RecordId;
    let single: RecordId;
    let after: RecordId;
    let grant: Grant;
    let rotated: RotatedKeys;
    let former: Keyring;

    beforeAll(async () => {
      patient = await newPatient(backend());
      former = patient.keystore.keyring;
      before = await file(patient, 'before');
      single = await file(patient, 'single', 'omics');
      await file(patient, 'warfarin', 'prescription');
      grant = await grantTo(patient, physician);
      await grantTo(patient, physician, { recordId: single });
      await patient.client.recovery.plan({ waitMs: WAIT_MS });
      rotated = await patient.client.keys.rotate({ store: patient.keystore });
      after = await file(patient, 'after');
    });

    it('puts other keys in force for the same user, and keeps the former ones', async () => {
      const { keyring } = patient.keystore;
      expect(rotated).toMatchObject({ ended: [], recoverable: true });
      expect(rotated.user).toMatchObject({
        userId: patient.userId,
        keyNumber: 1,
        verifyingKey: keyring.verifyingKeyHex,
        registered: { verifyingKey: former.verifyingKeyHex, readerKey: former.readerKeyHex },
      });
      expect(keyring.verifyingKeyHex).not.toBe(former.verifyingKeyHex);
      const history = await patient.client.keys.history();
      expect(history.map(({ number, readerKey }) => [number, readerKey])).toEqual([
        [0, former.readerKeyHex],
        [1, keyring.readerKeyHex],
      ]);
    });

    it('files under another scope, and stores nothing anew', async () => {
      const scopes = new Map<RecordId, string>();
      for (const record of await all(patient.client.records.list({ category: 'medicine' }))) {
        scopes.set(record.recordId, record.metadata.keyWrap.scopeId);
      }
      expect([...scopes.values()].toSorted()).toEqual([
        `${patient.userId}/medicine/0`,
        `${patient.userId}/medicine/1`,
      ]);
      expect(scopes.get(after)).toBe(`${patient.userId}/medicine/1`);
    });

    it('leaves the patient everything, with the keystore as it is opened anew', async () => {
      const client = await patient.again();
      expect(await read(client, before)).toBe('before');
      expect(await read(client, after)).toBe('after');
    });

    it('lets a grantee read on, what was filed before and after', async () => {
      expect(await read(physician.client, before)).toBe('before');
      expect(await read(physician.client, after)).toBe('after');
      expect(await read(physician.client, single)).toBe('single');
      const went = await patient.client.grants.get(grant.body.grantId);
      expect(went.scopes).toHaveLength(2);
    });

    it('opens old and new records to a grant made afterwards', async () => {
      const other = await newPhysician(backend(), { name: 'd.later', mspId: 'HospCMSP' });
      await grantTo(patient, other);
      expect(await read(other.client, before)).toBe('before');
      expect(await read(other.client, after)).toBe('after');
    });

    it('keeps the emergency rule open, with what was filed before and after', async () => {
      await file(patient, 'penicillin', 'prescription');
      const emergency = await newcomer(backend(), 'emergency-physician', {
        name: 'e.frank',
        mspId: 'HospBMSP',
      });
      const officer = await newcomer(backend(), 'privacy-officer', {
        name: 'o.lang',
        mspId: 'HospCMSP',
      });
      const [rule] = await all(patient.client.audiences.list());
      expect(new Set(rule?.scopes.map(({ body }) => body.scopeId.split('/')[2]))).toEqual(
        new Set(['0', '1']),
      );
      const reason = { code: 'unconscious' } as const;
      const declared = await emergency.client.emergency.declare({
        patient: patient.userId,
        reason,
      });
      await officer.client.emergency.approve(declared.ticketId);
      const opened = await all(emergency.client.emergency.open(declared.ticketId));
      const texts = await Promise.all(
        opened.map(async (record) => Buffer.from(await record.bytes()).toString()),
      );
      expect(texts.toSorted()).toEqual(['penicillin', 'warfarin']);
    });

    it('is undone by nobody who has the former seed: a client with it is refused', async () => {
      expect(await codeOf(patient.again({}, former))).toBe('USER_EXISTS');
    });

    it('brings every seed back from a recovery', async () => {
      const { userId } = patient;
      const enrolment = { mspId: 'HospAMSP', userId, role: 'patient' } as const;
      const ledger = backend().ledger(await backend().enrolAgain(enrolment));
      const warnings: EmrError[] = [];
      const recovery = new KeyRecovery({
        ledger,
        keyring: Keyring.random(),
        onWarning: (one) => warnings.push(one),
      });
      const { requestId, releaseAt } = await recovery.request();
      for (const mspId of ['HospAMSP', 'HospBMSP']) {
        const admin = await connected(mspId);
        await admin.recovery.approve(requestId, { code: recovery.code });
      }
      await backend().until(releaseAt);
      const { keyring, seed, earlier } = await recovery.finish(requestId);
      expect(warnings).toEqual([]);
      expect(keyring.readerKeyHex).toBe(patient.keystore.keyring.readerKeyHex);
      expect(earlier.map((one) => Keyring.fromSeed(one).readerKeyHex)).toEqual([
        former.readerKeyHex,
      ]);
      const restored = new MemoryKeystore([...earlier, seed]).keyring;
      await using client = await connect({ ledger, blobs: backend().blobs, keyring: restored });
      expect(await read(client, before)).toBe('before');
      expect(await read(client, after)).toBe('after');
    });
  });

  describe('that ends the grants', () => {
    it('revokes them with receipts, and leaves the patient and the emergency rule', async () => {
      const patient = await newPatient(backend());
      const before = await file(patient, 'before');
      const grant = await grantTo(patient, physician);
      const { ended } = await patient.client.keys.rotate({
        store: patient.keystore,
        grants: 'end',
      });
      const { grantId } = grant.body;
      expect(ended).toEqual([grantId]);
      const receipt = await patient.client.grants.receipt(grantId);
      expect(receipt.purged).toHaveLength(backend().organizations.length);
      expect(await codeOf(read(physician.client, before))).toBe('GRANT_REVOKED');
      const after = await file(patient, 'after');
      expect(await codeOf(read(physician.client, after))).toBe('SCOPE_NOT_GRANTED');
      expect(await read(patient.client, before)).toBe('before');
      const [rule] = await all(patient.client.audiences.list());
      expect(rule?.status.state).toBe('active');
    });
  });

  describe('of a physician', () => {
    it('lets grants to the former reader key go on, and new ones go to the new key', async () => {
      const patient = await newPatient(backend());
      const keystore = new MemoryKeystore();
      const who = { name: 'd.changing', mspId: 'HospBMSP', role: 'physician' } as const;
      const reader = await joinWith(backend(), who, () => keystore.keyring);
      await reader.client.identity.register({ role: 'physician' });
      const before = await file(patient, 'before');
      await grantTo(patient, reader);
      await reader.client.keys.rotate({ store: keystore });
      const again = await reader.again();
      expect(await read(again, before)).toBe('before');

      const other = await file(patient, 'other', 'omics');
      const grant = await grantTo(patient, reader, { categories: ['omics'] });
      expect(grant.body.delegateeKey).toBe(keystore.keyring.readerKeyHex);
      expect(await read(again, other)).toBe('other');
    });
  });

  describe('that is cut off', () => {
    it.each([
      ['registry:RotateKeys', 1],
      ['grants:ExtendGrant', 1],
      ['recovery:CreatePlan', 1],
    ] as const)(
      'is finished by a program that opens the keystore anew, before %s %d',
      async (step, nth) => {
        const patient = await newPatient(backend());
        const before = await file(patient, 'before');
        await grantTo(patient, physician);
        await patient.client.recovery.plan({ waitMs: WAIT_MS });
        const dying = await patient.again({ ledger: crashBefore(step, nth) });
        const { keystore: store } = patient;
        await expect(dying.keys.rotate({ store })).rejects.toThrow(Crash);

        const client = await patient.again();
        const { user, recoverable } = await client.keys.rotate({ store });
        expect(user.keyNumber).toBe(1);
        expect(recoverable).toBe(true);
        const plan = await client.recovery.get();
        expect(plan.body.createdAt).toBeGreaterThan(user.keysSince ?? Infinity);
        const late = { ...patient, client };
        const after = await file(late, 'after');
        for (const [recordId, text] of [
          [before, 'before'],
          [after, 'after'],
        ] as const) {
          expect(await read(await patient.again(), recordId)).toBe(text);
          expect(await read(physician.client, recordId)).toBe(text);
        }
      },
    );

    it('goes on where the answer to its transaction was lost', async () => {
      const patient = await newPatient(backend());
      const unlucky = await patient.again({ ledger: answerLost('registry:RotateKeys') });
      const { user } = await unlucky.keys.rotate({ store: patient.keystore });
      expect(user.verifyingKey).toBe(patient.keystore.keyring.verifyingKeyHex);
    });
  });
});
