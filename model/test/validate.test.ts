import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CONFIDENTIALITY,
  EmrError,
  EmrInfo,
  isLevelAllowed,
  parseJson,
  RegistrationBody,
  securityLevelOf,
  TRANSACTIONS,
  type TransactionName,
  validate,
} from '../src/index.js';

const INFO = {
  category: 'prescription',
  securityLevel: 'private',
  contentType: 'application/fhir+json',
  sizeBytes: 12,
  cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
};

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (EmrError.is(error, 'INPUT_INVALID')) return error.details.problem;
    throw error;
  }
  throw new Error('nothing was refused');
}

function outcomeOf(name: TransactionName, value: unknown): string {
  try {
    validate(TRANSACTIONS[name].request, value, name);
    return 'accepted';
  } catch (error) {
    return EmrError.is(error) ? error.code : String(error);
  }
}

describe('validation', () => {
  it('returns what fits', () => {
    expect(validate(EmrInfo, INFO, 'the summary')).toEqual(INFO);
  });

  it('says where it fails and what was expected, without repeating the input', () => {
    const secret = 'Jane Doe, born 1970';
    const problem = problemOf(() =>
      validate(EmrInfo, { ...INFO, contentType: secret }, 'the summary'),
    );
    expect(problem).toBe('contentType: expected MIME type');
    expect(problemOf(() => validate(EmrInfo, { ...INFO, sizeBytes: secret }, 'x'))).not.toContain(
      'Jane',
    );
  });

  it('refuses members that the schema does not know', () => {
    expect(problemOf(() => validate(EmrInfo, { ...INFO, patientName: 'x' }, 'x'))).toContain(
      'patientName',
    );
  });

  it('refuses a security level that the category does not have', () => {
    expect(problemOf(() => validate(EmrInfo, { ...INFO, securityLevel: 'low' }, 'x'))).toContain(
      'security level',
    );
    expect(isLevelAllowed('prescription', 'sealed')).toBe(true);
  });

  it('refuses text that is not JSON, or too long', () => {
    expect(problemOf(() => parseJson(EmrInfo, '{', 'x'))).toBe('it is not JSON');
    expect(problemOf(() => parseJson(EmrInfo, ' '.repeat(1_000_001), 'x'))).toContain('longer');
  });

  it('is not fooled by __proto__', () => {
    const text = `{"__proto__":{"userId":"alice"},"mspId":"HospAMSP"}`;
    expect(problemOf(() => parseJson(RegistrationBody, text, 'x'))).toBeTruthy();
  });

  it('refuses any random value as any request, with its own error', () => {
    const names = Object.keys(TRANSACTIONS) as TransactionName[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
        expect(['accepted', 'INPUT_INVALID']).toContain(outcomeOf(name, value));
      }),
    );
  });
});

describe('security levels', () => {
  it('follow the table of the implemented paper, and map to HL7 confidentiality', () => {
    expect(securityLevelOf('medical-imaging')).toBe('private');
    expect(securityLevelOf('omics')).toBe('low');
    expect(securityLevelOf('sensor-data')).toBe('moderate');
    expect(CONFIDENTIALITY).toEqual({ low: 'L', moderate: 'M', private: 'R', sealed: 'V' });
  });
});
