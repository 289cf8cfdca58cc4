import { describe, expect, it } from '@jest/globals';
import { patientsInFhir, PSEUDONYM_SYSTEM } from '../../src/index.js';

const MRN = 'https://hospa.example/mrn';
const ana = {
  resourceType: 'Patient',
  identifier: [
    { system: PSEUDONYM_SYSTEM, value: 'ana-4711' },
    { system: MRN, value: '00 4711', use: 'usual' },
    { value: 'E-77' },
    { system: MRN },
  ],
  name: [
    { family: 'Müller', given: ['Ana', 'Lena'], use: 'official' },
    { text: 'Ana Sample', use: 'maiden' },
  ],
  birthDate: '1978-05-14',
  gender: 'female',
};

describe('patients in FHIR', () => {
  it('are read from a Patient', () => {
    expect(patientsInFhir(ana)).toEqual([
      {
        patient: 'ana-4711',
        identifiers: [{ system: MRN, value: '00 4711' }, { value: 'E-77' }],
        names: ['Ana Lena Müller', 'Ana Sample'],
        birthDate: '1978-05-14',
        sex: 'female',
      },
    ]);
  });

  it('are read from a Bundle, whose other resources are left alone', () => {
    const bare = { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'bob-01' }] };
    const bundle = {
      resourceType: 'Bundle',
      entry: [{ resource: { resourceType: 'Organization' } }, { resource: bare }, {}],
    };
    expect(patientsInFhir(bundle, 'urn:x')).toEqual([
      { patient: 'bob-01', identifiers: [], names: [] },
    ]);
  });

  it.each([
    ['no pseudonymous ID', { ...ana, identifier: [] }],
    ['two of them', { ...ana, identifier: [ana.identifier[0], ana.identifier[0]] }],
    [
      'no ID of this system',
      { ...ana, identifier: [{ system: PSEUDONYM_SYSTEM, value: 'Ana S' }] },
    ],
    ['no date of the calendar', { ...ana, birthDate: '1978-02-30' }],
    ['another gender', { ...ana, gender: 'Ana' }],
  ])('are refused with %s, by their place and without what they say', (_what, patient) => {
    const bundle = { resourceType: 'Bundle', entry: [{ resource: ana }, { resource: patient }] };
    expect(() => patientsInFhir(bundle)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: expect.stringMatching(/^(?!.*(Ana|4711|1978)).*resource 2/) as unknown,
      }),
    );
  });
});
