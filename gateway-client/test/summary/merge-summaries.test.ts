import { describe, expect, it } from '@jest/globals';
import {
  makePatientSummary,
  mergeSummaries,
  summaryText,
  type PatientSummary,
} from '@emr-share/gateway-client';
import { allergy, bundle, coded, documentOf, medication } from './support.js';

const REFUTED = { verificationStatus: coded('refuted') };

/** A summary of one record, as its author's machine files it. */
const part = (day: string, ...resources: object[]): unknown =>
  documentOf(makePatientSummary([bundle(...resources)], { madeAt: new Date(day) }));

const linesOf = ({ sections }: PatientSummary, title: string): string[] =>
  sections.find((section) => section.title === title)!.lines.map(({ text }) => text);

const allergiesIn = (...parts: unknown[]): string[] =>
  linesOf(mergeSummaries(parts), 'Allergies and intolerances');

describe('merged summaries', () => {
  it('have the facts of all of them', () => {
    const merged = mergeSummaries([
      part('2024-01-01', allergy('Penicillin', '2024-01-01')),
      part('2024-01-02', medication('Warfarin 5 MG', '2024-01-02')),
    ]);
    expect(merged.counts).toMatchObject({ 'Allergies and intolerances': 1, Medication: 1 });
    expect(merged.person).toBe('Ada Moss, female, born 1970-05-01');
    expect(merged.madeAt).toEqual(new Date('2024-01-02'));
  });

  it('leave out an allergy that was refuted, whichever summary comes first', () => {
    const stated = part('2020-01-01', allergy('Penicillin', '2020-01-01'));
    const refuted = part('2024-01-01', allergy('Penicillin', '2024-01-01', REFUTED));
    expect(allergiesIn(stated)).toEqual(['Penicillin']);
    expect(allergiesIn(stated, refuted)).toEqual([]);
    expect(allergiesIn(refuted, stated)).toEqual([]);
  });

  it('keep it out when an old record of it is filed after the refutation', () => {
    const whole = mergeSummaries([
      part('2020-01-01', allergy('Penicillin', '2020-01-01')),
      part('2024-01-01', allergy('Penicillin', '2024-01-01', REFUTED)),
    ]);
    const late = part('2025-01-01', allergy('Penicillin', '2019-06-01'));
    expect(allergiesIn(documentOf(whole), late)).toEqual([]);
    const again = part('2025-01-02', allergy('Penicillin', '2025-01-02'));
    expect(allergiesIn(documentOf(whole), late, again)).toEqual(['Penicillin']);
  });

  it('end medication that was stopped', () => {
    const started = part('2024-01-01', medication('Warfarin 5 MG', '2024-01-01'));
    const stopped = part('2024-02-01', medication('warfarin  5 mg', '2024-02-01', 'stopped'));
    expect(linesOf(mergeSummaries([stopped, started]), 'Medication')).toEqual([]);
  });

  it('keep apart what is called differently, also under one code', () => {
    const code = { coding: [{ system: 'http://snomed.info/sct', code: '419199007' }] };
    const one = allergy('Peanuts', '2024-01-01', { code: { ...code, text: 'Peanuts' } });
    const other = allergy('Latex', '2024-01-02', {
      ...{ code: { ...code, text: 'Latex' } },
      ...REFUTED,
    });
    expect(allergiesIn(part('2024-01-01', one), part('2024-01-02', other))).toEqual(['Peanuts']);
  });

  it('believe the later summary where a fact has no date', () => {
    const pacemaker = (status: string) => ({
      resourceType: 'Device',
      status,
      type: { text: 'Cardiac pacemaker' },
    });
    const implanted = part('2020-01-01', pacemaker('active'));
    const removed = part('2024-01-01', pacemaker('inactive'));
    for (const parts of [
      [implanted, removed],
      [removed, implanted],
    ]) {
      expect(linesOf(mergeSummaries(parts), 'Implants and devices')).toEqual([]);
    }
  });

  it('go without one that cannot be read, and name it', () => {
    const sound = part('2024-01-01', allergy('Penicillin', '2024-01-01'));
    const merged = mergeSummaries([null, sound, { resourceType: 'Bundle', entry: 7 }]);
    expect(merged.counts['Allergies and intolerances']).toBe(1);
    expect(merged.skipped.map(({ record }) => record)).toEqual([0, 2]);
    expect(summaryText(merged)).toMatch(/^NOT COMPLETE: 2 entries could not be read$/m);
  });

  it.each([[[]], [[null]], [['text']]])('are refused for %j', (bundles: unknown[]) => {
    expect(() => mergeSummaries(bundles)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  it('name nobody where no record does, and keep the facts', () => {
    const nameless = { ...(part('2024-01-01', allergy('Nuts', '2024-01-01')) as object) };
    const entry = (nameless as { entry: { resource: { resourceType: string } }[] }).entry;
    const without = entry.filter(({ resource }) => resource.resourceType !== 'Patient');
    const merged = mergeSummaries([{ ...nameless, entry: without }]);
    expect([merged.person, merged.counts['Allergies and intolerances']]).toEqual(['', 1]);
    expect(mergeSummaries([documentOf(merged)]).bytes).toEqual(merged.bytes);
  });
});
