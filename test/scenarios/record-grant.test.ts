/**
 * Granting one record: its own scope, and nothing else of its category.
 */
import { beforeAll, expect, it } from '@jest/globals';
import type { TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { Crash, crashBefore } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describeOnEachBackend('granting one record', (backend) => {
  let patient: Person;
  let physician: Person;
  let first: TransactionRecord;
  let second: TransactionRecord;
  let grantId: string;

  const terms = (recordId: string) => ({
    grantee: physician.userId,
    recordId,
    purposes: ['TREAT'] as const,
    durationMs: 600_000,
  });

  beforeAll(async () => {
    patient = await newPatient(backend());
    physician = await newPhysician(backend());
    const { client, userId } = patient;
    const options = {
      patient: userId,
      category: 'prescription',
      contentType: 'text/plain',
    } as const;
    ({ record: first } = await client.records.upload(bytes('aspirin'), options));
    ({ record: second } = await client.records.upload(bytes('warfarin'), options));
  });

  it('opens that record, and no other one of the same category', async () => {
    const grant = await patient.client.grants.create(terms(first.recordId));
    ({ grantId } = grant.body);
    expect(grant.scopes.map(({ body }) => body.scopeId)).toEqual([
      `${patient.userId}/record/${first.recordId}`,
    ]);
    const fetched = await physician.client.records.fetch(first.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).toString()).toBe('aspirin');
    const other = physician.client.records.fetch(second.recordId, { purpose: 'TREAT' });
    expect(await codeOf(other)).toBe('SCOPE_NOT_GRANTED');
    const listed = await all(physician.client.records.list({ patient: patient.userId }));
    expect(listed).toEqual([first]);
  });

  it('is granted to a second reader with the same scope and key wrap', async () => {
    const reader = await newPhysician(backend(), { name: 'd.ito', mspId: 'HospCMSP' });
    await patient.client.grants.create({ ...terms(first.recordId), grantee: reader.userId });
    const fetched = await reader.client.records.fetch(first.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).toString()).toBe('aspirin');
  });

  it.each([
    'registry:PublishScopes',
    'records:WrapRecord',
    'grants:DepositFragments',
    'grants:CreateGrant',
  ] as const)('is finished where the device died before %s', async (step) => {
    const options = {
      patient: patient.userId,
      category: 'omics',
      contentType: 'text/plain',
    } as const;
    const { record } = await patient.client.records.upload(bytes(step), options);
    const request = { ...terms(record.recordId), grantId: record.recordId };
    const dying = await patient.again({ ledger: crashBefore(step) });
    await expect(dying.grants.create(request)).rejects.toThrow(Crash);
    expect(
      await codeOf(physician.client.records.fetch(record.recordId, { purpose: 'TREAT' })),
    ).toBe('SCOPE_NOT_GRANTED');
    const grant = await patient.client.grants.create(request);
    expect(grant.body.grantId).toBe(record.recordId);
    const fetched = await physician.client.records.fetch(record.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).toString()).toBe(step);
  });

  it('is the one way to a sealed record: a grant of its category does not open it', async () => {
    const options = {
      patient: patient.userId,
      category: 'clinical-observation',
      contentType: 'text/plain',
      securityLevel: 'sealed',
    } as const;
    const { record } = await physician.client.records.upload(bytes('in confidence'), options);
    const { recordId, metadata } = record;
    expect(metadata.keyWrap.scopeId).toBe(`${patient.userId}/sealed/0`);
    const { recordId: _recordId, ...shared } = terms(recordId);
    await patient.client.grants.create({ ...shared, categories: ['clinical-observation'] });
    const fetch = () => physician.client.records.fetch(recordId, { purpose: 'TREAT' });
    expect(await codeOf(fetch())).toBe('SCOPE_NOT_GRANTED');
    await patient.client.grants.create(terms(recordId));
    expect(Buffer.from(await (await fetch()).bytes()).toString()).toBe('in confidence');
    const own = await patient.client.records.fetch(recordId);
    expect(Buffer.from(await own.bytes()).toString()).toBe('in confidence');
  });

  it('ends without a new epoch: the category was not granted', async () => {
    await patient.client.grants.revoke(grantId);
    const scopes = await patient.client.identity.openScopes(['prescription', 'omics']);
    expect(scopes).toEqual([`${patient.userId}/prescription/0`, `${patient.userId}/omics/0`]);
  });

  it("refuses another patient's record, and one that does not exist", async () => {
    const other = await newPatient(backend(), 'p.other');
    expect(await codeOf(other.client.grants.create(terms(first.recordId)))).toBe('ACCESS_DENIED');
    expect(await codeOf(patient.client.grants.create(terms('0'.repeat(32))))).toBe(
      'RECORD_NOT_FOUND',
    );
  });
});
