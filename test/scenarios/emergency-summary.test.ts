/**
 * The emergency summary: kept current by whoever uploads, made whole by the patient, read as one.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { summaryText, type CurrentSummary, type EmrClient } from '@emr-share/gateway-client';
import { EmrError, type TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { Crash, crashBefore, interceptedLedger } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { recordFiles } from '../support/record-files.js';
import { codeOf } from '../support/refusal.js';

const FHIR = 'application/fhir+json';

const fhir = (...resources: object[]): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'collection',
      // No two records are the same.
      identifier: { value: randomBytes(8).toString('hex') },
      entry: resources.map((resource) => ({ resource })),
    }),
  );

const ADA = { resourceType: 'Patient', name: [{ given: ['Ada'], family: 'Moss' }] };
const allergy = (text: string, recordedDate: string, verification = 'confirmed') => ({
  resourceType: 'AllergyIntolerance',
  verificationStatus: { coding: [{ code: verification }] },
  code: { text },
  recordedDate,
});
const medication = (text: string, authoredOn: string, status = 'active') => ({
  resourceType: 'MedicationRequest',
  status,
  intent: 'order',
  medicationCodeableConcept: { text },
  authoredOn,
});

const linesOf = ({ sections }: CurrentSummary): string[] =>
  sections.flatMap(({ lines }) => lines.map(({ text }) => text));

describeOnEachBackend('the emergency summary', (backend) => {
  let patient: Person;
  let author: Person;
  let reader: Person;
  let first: TransactionRecord;

  const summaries = (): Promise<TransactionRecord[]> =>
    all(patient.client.records.list({ category: 'emergency-summary' }));
  const upload = (client: EmrClient, content: Uint8Array, options: object = {}) =>
    client.records.upload(content, {
      patient: patient.userId,
      category: 'medical-information',
      contentType: FHIR,
      ...options,
    });

  beforeAll(async () => {
    patient = await newPatient(backend());
    author = await newPhysician(backend());
    reader = await newPhysician(backend(), { name: 'd.ito', mspId: 'HospCMSP' });
    await patient.client.grants.create({
      grantee: reader.userId,
      categories: ['emergency-summary'],
      purposes: ['ETREAT'],
      durationMs: 3_600_000,
    });
  });

  it('is not there before anybody has filed what belongs into one', async () => {
    expect(await codeOf(patient.client.summary.of(patient.userId))).toBe('SUMMARY_NOT_FOUND');
    expect(await codeOf(patient.client.summary.refresh())).toBe('SUMMARY_NOT_FOUND');
    const height = { resourceType: 'Observation', status: 'final', code: { text: 'Body height' } };
    const { summary } = await upload(author.client, fhir(ADA, height));
    expect(summary).toBeNull();
    expect(await summaries()).toEqual([]);
  });

  it('gets what a physician uploads, by the same physician, once', async () => {
    const content = fhir(ADA, allergy('Penicillin', '2020-01-01'));
    const uploaded = await upload(author.client, content);
    first = uploaded.record;
    expect(uploaded.summary).toMatchObject({
      author: author.userId,
      patient: patient.userId,
      info: { category: 'emergency-summary', securityLevel: 'private' },
      metadata: { keyWrap: { scopeId: `${patient.userId}/emergency-summary/0` } },
    });
    const again = await upload(author.client, content);
    expect(again).toMatchObject({ alreadyFiled: true, summary: uploaded.summary });
    expect(await summaries()).toEqual([uploaded.summary]);
  });

  it('is read by whom the patient granted it, and by nobody else', async () => {
    const of = (client: EmrClient) => client.summary.of(patient.userId, { purpose: 'ETREAT' });
    const read = await of(reader.client);
    expect(linesOf(read)).toEqual(['Penicillin']);
    expect(read.person).toBe('Ada Moss');
    expect(await codeOf(reader.client.records.fetch(first.recordId, { purpose: 'ETREAT' }))).toBe(
      'SCOPE_NOT_GRANTED',
    );
    const stranger = await newPhysician(backend(), { name: 'd.stranger' });
    expect(await codeOf(of(stranger.client))).toBe('SUMMARY_NOT_FOUND');
    expect(await codeOf(reader.client.summary.of(patient.userId))).toBe('INPUT_INVALID');
  });

  it('follows the dates of the facts, not the order of the uploads', async () => {
    await upload(author.client, fhir(ADA, allergy('Latex', '2024-03-01', 'refuted')));
    await upload(author.client, fhir(ADA, medication('Warfarin 5 MG', '2024-05-01')));
    await upload(author.client, fhir(ADA, allergy('Latex', '2023-03-01')));
    const read = await reader.client.summary.of(patient.userId, { purpose: 'ETREAT' });
    expect(linesOf(read)).toEqual(['Penicillin', 'Warfarin 5 MG']);
    expect(read.records).toHaveLength(4);
  });

  it('is made whole by the patient: readers open one record, and later ones', async () => {
    const { record, summary, isUnchanged } = await patient.client.summary.refresh();
    expect([record.author, isUnchanged]).toEqual([patient.userId, false]);
    expect(summary.counts).toMatchObject({ 'Allergies and intolerances': 1, Medication: 1 });
    const again = await patient.client.summary.refresh();
    expect([again.record, again.isUnchanged]).toEqual([record, true]);

    await upload(patient.client, fhir(ADA, medication('Warfarin 5 MG', '2025-01-01', 'stopped')));
    const read = await reader.client.summary.of(patient.userId, { purpose: 'ETREAT' });
    expect(linesOf(read)).toEqual(['Penicillin']);
    expect(summaryText(read)).toMatch(/^ALLERGIES AND INTOLERANCES\n {2}Penicillin/m);
    const next = await patient.client.summary.refresh();
    expect(next.isUnchanged).toBe(false);
    expect(next.summary.counts).toMatchObject({ Medication: 0 });
  });

  it('has nothing of a sealed record, of a closed category, or where the author wants none', async () => {
    const secret = (name: string) => fhir(ADA, allergy(name, '2024-01-01'));
    const before = (await summaries()).length;
    const sealed = await upload(author.client, secret('Sealed'), { securityLevel: 'sealed' });
    const unwanted = await upload(author.client, secret('Unwanted'), { summary: false });
    await patient.client.identity.publishPolicy({ closedCategories: ['omics'] });
    const closed = await upload(author.client, secret('Closed'), { category: 'omics' });
    expect([sealed.summary, unwanted.summary, closed.summary]).toEqual([null, null, null]);
    expect(await summaries()).toHaveLength(before);
    const { summary } = await patient.client.summary.refresh();
    const own = await patient.client.summary.of(patient.userId);
    expect(linesOf(own).sort()).toEqual(['Penicillin', 'Unwanted']);
    expect(summary.counts['Allergies and intolerances']).toBe(2);
  });

  it('does not hold up an upload that succeeded: what fails is a warning, and made up for later', async () => {
    const content = fhir(ADA, allergy('Nuts', '2025-06-01'));
    const warnings: EmrError[] = [];
    const client = await author.again({
      ledger: (real) =>
        interceptedLedger(real, ({ name, nth }, pass) =>
          name === 'records:FileRecord' && nth === 2
            ? Promise.reject(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'here' }))
            : pass(),
        ),
      onWarning: (warning) => warnings.push(warning),
    });
    const { record, alreadyFiled, summary } = await upload(client, content);
    expect([alreadyFiled, summary]).toEqual([false, null]);
    expect(warnings).toMatchObject([
      { code: 'SUMMARY_INCOMPLETE', details: { recordId: record.recordId } },
    ]);
    const again = await upload(author.client, content);
    expect([again.record, again.alreadyFiled]).toEqual([record, true]);
    expect(linesOf(await patient.client.summary.of(patient.userId))).toContain('Nuts');
  });

  it('is completed by a repeat where the device died between record and summary', async () => {
    const content = fhir(ADA, allergy('Bee venom', '2025-07-01'));
    const dying = await author.again({ ledger: crashBefore('records:FileRecord', 2) });
    await expect(upload(dying, content)).rejects.toThrow(Crash);
    const { alreadyFiled, summary } = await upload(author.client, content);
    expect([alreadyFiled, summary?.author]).toEqual([true, author.userId]);
  });

  it('is a warning away from content that says it is FHIR, and is not', async () => {
    const warnings: EmrError[] = [];
    const client = await author.again({ onWarning: (warning) => warnings.push(warning) });
    const { summary } = await upload(
      client,
      Buffer.from(`secret ${randomBytes(8).toString('hex')}`),
    );
    expect([summary, warnings.map(({ code }) => code)]).toEqual([null, ['SUMMARY_INCOMPLETE']]);
    expect(warnings[0]!.message).not.toContain('secret');
  });

  it('of real records is whole, small, and the same from one stream as from a file', async () => {
    const other = await newPatient(backend(), 'p.synthea');
    const files = (await recordFiles()).filter(({ contentType }) => contentType === FHIR);
    const { bytes } = files[0]!;
    const { summary } = await author.client.records.upload(
      new Blob([Uint8Array.from(bytes)]).stream(),
      {
        patient: other.userId,
        category: 'medical-information',
        contentType: FHIR,
      },
    );
    expect(summary!.info.sizeBytes).toBeLessThan(32_768);
    const updated = await other.client.summary.of(other.userId);
    const { summary: whole } = await other.client.summary.refresh();
    expect(whole.counts).toEqual(updated.counts);
    expect(whole.counts['Allergies and intolerances']).toBeGreaterThan(0);
    expect(updated.skipped).toEqual([]);
  });
});
