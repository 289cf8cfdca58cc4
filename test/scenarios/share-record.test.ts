/**
 * The main story: a patient's records are filed, granted, read, withdrawn; the ledger shows it all.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import type { AuditEntry, Grant, TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { recordFiles, VITAL_SIGNS, type RecordFile } from '../support/record-files.js';
import { codeOf, refusalOf } from '../support/refusal.js';

describeOnEachBackend('sharing records', (backend) => {
  let patient: Person;
  let author: Person;
  let physician: Person;
  let other: Person;
  let files: readonly RecordFile[];
  const records = new Map<string, TransactionRecord>();
  let grant: Grant;

  const recordOf = (category: string): TransactionRecord =>
    [...records.values()].find(({ info }) => info.category === category)!;

  beforeAll(async () => {
    files = await recordFiles();
    patient = await newPatient(backend());
    author = await newPhysician(backend(), { name: 'd.abel', mspId: 'HospAMSP' });
    physician = await newPhysician(backend());
    other = await newPhysician(backend(), { name: 'd.ito', mspId: 'HospCMSP' });
  });

  it('files every record under the identity of its author', async () => {
    for (const { name, bytes, category, contentType } of files) {
      const options = { patient: patient.userId, category, contentType, summary: false };
      const { record, alreadyFiled } = await author.client.records.upload(bytes, options);
      expect(alreadyFiled).toBe(false);
      expect(record).toMatchObject({
        patient: patient.userId,
        author: author.userId,
        info: { category, contentType, sizeBytes: bytes.length },
      });
      records.set(name, record);
    }
    expect(records.size).toBe(files.length);
  });

  it('lets the patient read them back, byte for byte, without a ticket', async () => {
    for (const { name, bytes } of files) {
      const fetched = await patient.client.records.fetch(records.get(name)!.recordId);
      expect(fetched.ticket).toBeNull();
      expect(Buffer.from(await fetched.bytes()).equals(bytes)).toBe(true);
    }
  });

  it('shows the patient everything, the author the own records, and a stranger nothing', async () => {
    const ids = async (person: Person): Promise<string[]> => {
      const listed = person.client.records.list({ patient: patient.userId });
      return (await all(listed)).map(({ recordId }) => recordId).sort();
    };
    const everything = [...records.values()].map(({ recordId }) => recordId).sort();
    expect(await ids(patient)).toEqual(everything);
    expect(await ids(author)).toEqual(everything);
    expect(await ids(physician)).toEqual([]);
  });

  it('denies a physician who has no grant, and the author too', async () => {
    const { recordId } = recordOf('medical-information');
    for (const { client } of [physician, author]) {
      expect(await codeOf(client.records.fetch(recordId, { purpose: 'TREAT' }))).toBe(
        'ACCESS_DENIED',
      );
    }
  });

  it('grants two categories', async () => {
    grant = await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['medical-information', 'medical-imaging'],
      purposes: ['TREAT'],
      durationMs: 86_400_000,
    });
    expect(grant).toMatchObject({
      status: { state: 'active' },
      body: { threshold: 2, custodians: backend().organizations },
    });
    const given = await all(patient.client.grants.list());
    const received = await all(physician.client.grants.list({ as: 'grantee' }));
    expect(given).toEqual([grant]);
    expect(received).toEqual([grant]);
  });

  it('lets the grantee read everything in them, byte for byte', async () => {
    const granted = files.filter(({ category }) => category !== VITAL_SIGNS.category);
    for (const { name, bytes } of granted) {
      const { recordId } = records.get(name)!;
      const fetched = await physician.client.records.fetch(recordId, { purpose: 'TREAT' });
      expect(fetched.ticket).toMatchObject({ reader: physician.userId, purpose: 'TREAT' });
      expect(Buffer.from(await fetched.bytes()).equals(bytes)).toBe(true);
    }
  });

  it('denies what is outside the grant: scope, purpose, person', async () => {
    const inside = recordOf('medical-imaging').recordId;
    const outside = recordOf('clinical-observation').recordId;
    const { records: reading } = physician.client;
    expect(await codeOf(reading.fetch(outside, { purpose: 'TREAT' }))).toBe('SCOPE_NOT_GRANTED');
    expect(await codeOf(reading.fetch(inside, { purpose: 'HRESCH' }))).toBe('PURPOSE_DENIED');
    expect(await codeOf(reading.fetch(inside))).toBe('INPUT_INVALID');
    expect(await codeOf(other.client.records.fetch(inside, { purpose: 'TREAT' }))).toBe(
      'ACCESS_DENIED',
    );
  });

  it('denies a grant that asks for another department than the certificate has', async () => {
    await patient.client.grants.create({
      grantee: other.userId,
      categories: ['medical-imaging'],
      purposes: ['TREAT'],
      durationMs: 60_000,
      attributes: { roles: ['physician'], departments: ['radiology'] },
    });
    const { recordId } = recordOf('medical-imaging');
    const refusal = await refusalOf(other.client.records.fetch(recordId, { purpose: 'TREAT' }));
    expect(refusal).toMatchObject({
      code: 'ATTRIBUTE_DENIED',
      details: { attribute: 'department' },
    });
  });

  it('denies an expired grant', async () => {
    const short = await newPhysician(backend(), { name: 'd.short' });
    const ending = await patient.client.grants.create({
      grantee: short.userId,
      categories: ['medical-imaging'],
      purposes: ['TREAT'],
      durationMs: 5000,
    });
    await wait(ending.body.rule.notAfter - Date.now());
    const { recordId } = recordOf('medical-imaging');
    expect(await codeOf(short.client.records.fetch(recordId, { purpose: 'TREAT' }))).toBe(
      'GRANT_EXPIRED',
    );
  });

  it('revokes with a receipt that shows the fragments purged at every organization', async () => {
    const { grantId } = grant.body;
    const receipt = await patient.client.grants.revoke(grantId);
    expect(receipt.purged.map(({ mspId }) => mspId)).toEqual(backend().organizations);
    for (const { scopes } of receipt.purged) {
      expect(scopes).toEqual(grant.scopes.map(({ body }) => body.scopeId).sort());
    }
    const { recordId } = recordOf('medical-imaging');
    expect(await codeOf(physician.client.records.fetch(recordId, { purpose: 'TREAT' }))).toBe(
      'GRANT_REVOKED',
    );
    expect(await patient.client.grants.revoke(grantId)).toEqual(receipt);
    expect(await physician.client.grants.receipt(grantId)).toEqual(receipt);
  });

  it('tells the patient who read what, when and why, and nobody else', async () => {
    const log = await all(patient.client.audit.log());
    const accesses = log.filter(({ type }) => type === 'access.granted');
    const granted = files.filter(({ category }) => category !== VITAL_SIGNS.category);
    const byPhysician = accesses.filter(({ actor }) => actor === physician.userId);
    expect(byPhysician.map(({ recordId }) => recordId).sort()).toEqual(
      granted.map(({ name }) => records.get(name)!.recordId).sort(),
    );
    expect(
      byPhysician.every(({ purpose, mspId }) => purpose === 'TREAT' && mspId === 'HospBMSP'),
    ).toBe(true);
    const types: readonly AuditEntry['type'][] = ['grant.created', 'grant.revoked', 'grant.closed'];
    const ofGrant = log.filter(({ grantId }) => grantId === grant.body.grantId);
    expect(ofGrant.map(({ type }) => type).filter((type) => types.includes(type))).toEqual(types);
    const stranger = all(physician.client.audit.log({ patient: patient.userId }));
    expect(await codeOf(stranger)).toBe('ROLE_DENIED');
  });

  it('has all of it after a restart', async () => {
    await backend().restart();
    const client = await patient.again();
    const listed = await all(client.records.list());
    expect(listed).toHaveLength(files.length);
    const { name, bytes } = files[0]!;
    const fetched = await client.records.fetch(records.get(name)!.recordId);
    expect(Buffer.from(await fetched.bytes()).equals(bytes)).toBe(true);
  });
});
