/**
 * Uploading again: the same content files one record, whatever happened the first time.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeAll, expect, it } from '@jest/globals';
import type { BlobStore, UploadOptions } from '@emr-share/gateway-client';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { answerLost, countingBlobs, Crash, crashBefore, justBefore } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { VITAL_SIGNS } from '../support/record-files.js';
import { codeOf } from '../support/refusal.js';

const CONTENT = VITAL_SIGNS.bytes;
const RECORD_ID = randomBytes(16).toString('hex');

describeOnEachBackend('uploading again', (backend) => {
  let patient: Person;
  let author: Person;
  let options: UploadOptions;

  beforeAll(async () => {
    author = await newPhysician(backend());
  });

  const fresh = async (): Promise<void> => {
    patient = await newPatient(backend());
    options = { patient: patient.userId, category: 'sensor-data', contentType: 'text/csv' };
  };
  const filed = (): Promise<unknown[]> => all(patient.client.records.list());

  it('files one record, and stores nothing the second time', async () => {
    await fresh();
    let blobs: ReturnType<typeof countingBlobs> | undefined;
    const client = await author.again({
      blobs: (real: BlobStore) => (blobs = countingBlobs(real)),
    });
    const first = await client.records.upload(CONTENT, options);
    const second = await client.records.upload(new Blob([Uint8Array.from(CONTENT)]), options);
    expect(first).toMatchObject({ alreadyFiled: false, transactionId: expect.any(String) });
    expect(second).toMatchObject({
      record: first.record,
      alreadyFiled: true,
      transactionId: null,
    });
    expect(blobs?.counts).toEqual({ put: 1, commit: 2, discard: 0 });
    expect(await filed()).toEqual([first.record]);
  });

  it('files two records of the same content for two patients, types or authors', async () => {
    await fresh();
    const { records } = author.client;
    const first = await records.upload(CONTENT, options);
    const asText = await records.upload(CONTENT, { ...options, contentType: 'text/plain' });
    const byPatient = await patient.client.records.upload(CONTENT, options);
    const ids = [first, asText, byPatient].map(({ record }) => record.recordId);
    expect(new Set(ids).size).toBe(3);
    expect(await filed()).toHaveLength(3);
  });

  it('recognizes a stream under the same record ID', async () => {
    await fresh();
    const withId = { ...options, recordId: patient.userId.slice(-8).repeat(4) };
    const first = await author.client.records.upload(Readable.from([CONTENT]), withId);
    const second = await author.client.records.upload(Readable.from([CONTENT]), withId);
    expect(second).toMatchObject({ alreadyFiled: true, record: first.record });
  });

  it('refuses other content, terms or authors under the same record ID', async () => {
    await fresh();
    const withId = { ...options, recordId: RECORD_ID };
    const { records } = author.client;
    await records.upload(CONTENT, withId);
    const others = [
      records.upload(CONTENT.subarray(1), withId),
      records.upload(CONTENT, { ...withId, contentType: 'text/plain' }),
      records.upload(CONTENT, { ...withId, securityLevel: 'sealed' }),
      patient.client.records.upload(CONTENT, withId),
      (await newPhysician(backend())).client.records.upload(CONTENT, withId),
    ];
    for (const other of others) expect(await codeOf(other)).toBe('UPLOAD_CONFLICT');
    expect(await filed()).toHaveLength(1);
  });

  it('finds the record whose answer got lost', async () => {
    await fresh();
    const client = await author.again({ ledger: answerLost('records:FileRecord') });
    const { alreadyFiled, record } = await client.records.upload(CONTENT, options);
    expect(alreadyFiled).toBe(false);
    expect(await filed()).toEqual([record]);
    const { storedBytes } = await patient.client.records.head(record.recordId);
    expect(storedBytes).toBe(record.metadata.sizeBytes);
  });

  it('completes an upload whose device died before it was filed', async () => {
    await fresh();
    const dying = await author.again({ ledger: crashBefore('records:FileRecord') });
    await expect(dying.records.upload(CONTENT, options)).rejects.toThrow(Crash);
    expect(await filed()).toEqual([]);
    const { record } = await author.client.records.upload(CONTENT, options);
    expect(await filed()).toEqual([record]);
    // What the dead device stored is still there until the store collects it.
    const collected = await backend().blobs.collect({
      isReferenced: (cid) => Promise.resolve(cid === record.info.cid),
      olderThanMs: 0,
    });
    expect(collected.length).toBeGreaterThan(0);
    expect(collected).not.toContain(record.info.cid);
    const fetched = await patient.client.records.fetch(record.recordId);
    expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
  });

  it('pins what a device filed and died before pinning', async () => {
    await fresh();
    const dying = await author.again({
      blobs: (real) => ({ ...countingBlobs(real), commit: () => Promise.reject(new Crash()) }),
    });
    await expect(dying.records.upload(CONTENT, options)).rejects.toThrow(Crash);
    expect(await filed()).toHaveLength(1);
    const { record, alreadyFiled } = await author.client.records.upload(CONTENT, options);
    expect(alreadyFiled).toBe(true);
    const never = { isReferenced: () => Promise.resolve(false), olderThanMs: 0 };
    expect(await backend().blobs.collect(never)).not.toContain(record.info.cid);
    const fetched = await patient.client.records.fetch(record.recordId);
    expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
  });

  it('files one record where two devices of the author upload at the same moment', async () => {
    await fresh();
    const devices = [author.client, await author.again(), await author.again()];
    const uploads = await Promise.all(
      devices.map(({ records }) => records.upload(CONTENT, options)),
    );
    const [record] = await filed();
    expect(uploads.map((upload) => upload.record)).toEqual([record, record, record]);
    expect(uploads.filter(({ alreadyFiled }) => !alreadyFiled)).toHaveLength(1);
  });

  it('encrypts again for the new epoch that began in between, and drops the first try', async () => {
    await fresh();
    const grantee = await newPhysician(backend());
    const { grants } = patient.client;
    const grant = await grants.create({
      grantee: grantee.userId,
      categories: ['sensor-data'],
      purposes: ['TREAT'],
      durationMs: 60_000,
    });
    let blobs: ReturnType<typeof countingBlobs> | undefined;
    const client = await author.again({
      ledger: justBefore('records:FileRecord', () => grants.revoke(grant.body.grantId)),
      blobs: (real) => (blobs = countingBlobs(real)),
    });
    const { record } = await client.records.upload(CONTENT, options);
    expect(record.metadata.keyWrap.scopeId).toBe(`${patient.userId}/sensor-data/1`);
    expect(blobs?.counts).toEqual({ put: 2, commit: 1, discard: 1 });
    const fetched = await patient.client.records.fetch(record.recordId);
    expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
  });

  it('only signs again for the new policy that was published in between', async () => {
    await fresh();
    let blobs: ReturnType<typeof countingBlobs> | undefined;
    const client = await author.again({
      ledger: justBefore('records:FileRecord', () =>
        patient.client.identity.publishPolicy({ ticketMs: 60_000 }),
      ),
      blobs: (real) => (blobs = countingBlobs(real)),
    });
    const { record } = await client.records.upload(Readable.from([CONTENT]), options);
    expect(record.policy.version).toBe(2);
    expect(blobs?.counts).toEqual({ put: 1, commit: 1, discard: 0 });
  });

  it('drops what was stored for a record that the ledger refuses', async () => {
    await fresh();
    let blobs: ReturnType<typeof countingBlobs> | undefined;
    const wrap = (real: BlobStore): BlobStore => (blobs = countingBlobs(real));
    const stranger = await newPatient(backend(), 'p.other');
    const client = await stranger.again({ blobs: wrap });
    expect(await codeOf(client.records.upload(CONTENT, options))).toBe('ROLE_DENIED');
    expect(blobs?.counts).toEqual({ put: 1, commit: 0, discard: 1 });
  });

  it('says what is wrong with a request before anything is stored', async () => {
    await fresh();
    let blobs: ReturnType<typeof countingBlobs> | undefined;
    const client = await author.again({ blobs: (real) => (blobs = countingBlobs(real)) });
    const wrong: Partial<Record<keyof UploadOptions, unknown>>[] = [
      { category: 'gossip' },
      { contentType: 'text' },
      { patient: 'Jane Doe' },
      { recordId: 'x' },
      { securityLevel: 'moderate', category: 'omics' },
    ];
    for (const change of wrong) {
      const upload = client.records.upload(CONTENT, { ...options, ...change } as UploadOptions);
      expect(await codeOf(upload)).toBe('INPUT_INVALID');
    }
    const unknown = client.records.upload(CONTENT, { ...options, patient: 'p.nobody' });
    expect(await codeOf(unknown)).toBe('USER_NOT_FOUND');
    const short = client.records.upload(CONTENT, {
      ...options,
      recordId: '6'.repeat(32),
      sizeBytes: 7,
    });
    expect(await codeOf(short)).toBe('SOURCE_FAILED');
    expect(blobs?.counts).toMatchObject({ commit: 0 });
    expect(await filed()).toEqual([]);
  });
});
