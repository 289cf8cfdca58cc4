import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makePatientSummary, type PatientSummary } from '@emr-share/gateway-client';
import { allergy, bundle, documentOf, type Section } from './support.js';

const MADE_AT = { madeAt: new Date('2026-03-01T08:00:00Z') };
function sectionOf(summary: PatientSummary, title: string): Section | undefined {
  return documentOf(summary).entry[0]!.resource.section!.find((section) => section.title === title);
}

describe('an emergency summary', () => {
  it('has what holds at present, and nothing that has ended', () => {
    const summary = makePatientSummary(
      [
        bundle(
          allergy('Penicillin', '2020-01-01', { criticality: 'high' }),
          allergy('Latex', '2020-01-01', { clinicalStatus: { coding: [{ code: 'resolved' }] } }),
          {
            resourceType: 'MedicationRequest',
            status: 'active',
            intent: 'order',
            medicationCodeableConcept: { text: 'Warfarin 5 MG' },
            dosageInstruction: [{ text: 'once a day' }],
          },
          {
            resourceType: 'MedicationRequest',
            status: 'stopped',
            intent: 'order',
            medicationCodeableConcept: { text: 'Ibuprofen' },
          },
        ),
      ],
      MADE_AT,
    );
    const found = sectionOf(summary, 'Allergies and intolerances')!;
    expect(found.text.div).toContain('<li>Penicillin, criticality high</li>');
    expect(found.text.div).not.toContain('Latex');
    expect(sectionOf(summary, 'Medication')!.text.div).toContain('Warfarin 5 MG, once a day');
    expect(summary.counts).toMatchObject({ 'Allergies and intolerances': 1, Medication: 1 });
  });

  it('believes the latest entry of a fact, in whatever order the records come', () => {
    const first = bundle(allergy('Penicillin', '2020-01-01'));
    const refuted = { verificationStatus: { coding: [{ code: 'refuted' }] } };
    const second = bundle(allergy('Penicillin', '2024-01-01', refuted));
    const title = 'Allergies and intolerances';
    for (const records of [
      [first, second],
      [second, first],
    ]) {
      expect(makePatientSummary(records, MADE_AT).counts[title]).toBe(0);
    }
    const again = bundle(allergy('Penicillin', '2025-01-01'));
    expect(makePatientSummary([again, second, first], MADE_AT).counts[title]).toBe(1);
  });

  it('does not pass off unknown as none', () => {
    const found = sectionOf(makePatientSummary([bundle()], MADE_AT), 'Problems')!;
    expect(found.emptyReason).toEqual({
      coding: [expect.objectContaining({ code: 'unavailable' })],
    });
    expect(found.entry).toBeUndefined();
  });

  it('has blood group, implants and advance directives where they are known', () => {
    const summary = makePatientSummary(
      [
        bundle(
          {
            resourceType: 'Observation',
            status: 'final',
            code: { coding: [{ system: 'http://loinc.org', code: '882-1' }], text: 'ABO and Rh' },
            valueCodeableConcept: { text: '0 Rh negative' },
          },
          { resourceType: 'Observation', status: 'final', code: { text: 'Body height' } },
          { resourceType: 'Device', status: 'active', type: { text: 'Cardiac pacemaker' } },
          {
            resourceType: 'Consent',
            status: 'active',
            scope: { coding: [{ code: 'adr' }] },
            category: [{ text: 'Do not resuscitate' }],
          },
        ),
      ],
      MADE_AT,
    );
    expect(sectionOf(summary, 'Blood group')!.text.div).toContain('ABO and Rh: 0 Rh negative');
    expect(summary.counts).toMatchObject({
      'Blood group': 1,
      'Implants and devices': 1,
      'Advance directives': 1,
    });
  });

  it('names what it could not read, without its content', () => {
    const broken = { resourceType: 'AllergyIntolerance', code: { text: 7 }, note: 'secret words' };
    const summary = makePatientSummary([bundle(broken, allergy('Nuts', 'not a date'))], MADE_AT);
    expect(summary.skipped).toEqual([
      expect.objectContaining({ record: 0, entry: 1, resourceType: 'AllergyIntolerance' }),
      expect.objectContaining({ record: 0, entry: 2, resourceType: 'AllergyIntolerance' }),
    ]);
    const told = JSON.stringify(summary.skipped);
    expect(told).toMatch(/code\.text/);
    expect(told).not.toMatch(/secret words|Nuts|not a date/);
  });

  it('shows markup in a record as text', () => {
    const hostile = bundle(allergy('<script>alert("x")</script>', '2020-01-01'));
    const { div } = sectionOf(
      makePatientSummary([hostile], MADE_AT),
      'Allergies and intolerances',
    )!.text;
    expect(div).toContain('&lt;script&gt;');
    expect(div).not.toContain('<script');
  });

  it('is the same document for the same records', () => {
    const records = [bundle(allergy('Penicillin', '2020-01-01'))];
    const [one, two] = [makePatientSummary(records, MADE_AT), makePatientSummary(records, MADE_AT)];
    expect(one.bytes).toEqual(two.bytes);
  });

  it.each([[[]], [[null]], [['text']], [[{ resourceType: 'Observation' }]], [[{}]]])(
    'is refused for %j',
    (records: unknown[]) => {
      const make = () => makePatientSummary(records, MADE_AT);
      expect(make).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
    },
  );
});

const DATA = process.env['EMR_SHARED_DATA'];
if (DATA === undefined) {
  process.stderr.write('ATTENTION: no real FHIR files (EMR_SHARED_DATA): generated ones only\n');
}

(DATA === undefined ? describe.skip : describe)('summaries of real FHIR records', () => {
  const folder = join(DATA ?? '', 'fhir');
  const names = DATA === undefined ? [] : readdirSync(folder);

  it.each(names)('is whole and small: %s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const summary = makePatientSummary([JSON.parse(text)], MADE_AT);
    expect(summary.skipped).toEqual([]);
    expect(summary.counts['Allergies and intolerances']).toBeGreaterThan(0);
    expect(summary.bytes.length).toBeLessThan(32_768);

    const { entry, type } = documentOf(summary);
    expect(type).toBe('document');
    const urls = entry.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
    const references = [...JSON.stringify(entry).matchAll(/"reference":"(?<target>[^"]+)"/g)].map(
      (match) => match.groups!['target']!,
    );
    expect(references.filter((target) => !urls.includes(target))).toEqual([]);
  });
});
