import { describe, expect, it } from '@jest/globals';
import { makePatientSummary, summaryText } from '@emr-share/gateway-client';
import { allergy, bundle, medication } from './support.js';

const MADE_AT = { madeAt: new Date('2026-03-01T08:05:00Z') };
const pageOf = (...resources: object[]): string =>
  summaryText(makePatientSummary([bundle(...resources)], MADE_AT));

describe('the page of a summary', () => {
  it('begins with allergies, the dangerous ones first, and says what is not known', () => {
    const page = pageOf(
      medication('Warfarin 5 MG', '2024-05-06T07:00:00Z'),
      allergy('Latex', '2025-01-01'),
      allergy('Penicillin', '2020-01-01', { criticality: 'high' }),
    );
    expect(page).toBe(
      [
        'EMERGENCY SUMMARY Ada Moss, female, born 1970-05-01',
        'as of 2026-03-01 08:05 UTC',
        '',
        'ALLERGIES AND INTOLERANCES',
        '! Penicillin, criticality high (2020-01-01)',
        '  Latex (2025-01-01)',
        '',
        'MEDICATION',
        '  Warfarin 5 MG (2024-05-06)',
        '',
        'PROBLEMS',
        '  nothing is known',
        '',
        'IMPLANTS AND DEVICES',
        '  nothing is known',
        '',
        'BLOOD GROUP',
        '  nothing is known',
        '',
        'ADVANCE DIRECTIVES',
        '  nothing is known',
      ].join('\n'),
    );
  });

  it('lets no record draw on the screen', () => {
    const page = pageOf(allergy('\u001b[2JNone\r\nMEDICATION\u202e', '2020-01-01'));
    const lines = page.split('\n');
    expect(lines.filter((line) => line === 'MEDICATION')).toHaveLength(1);
    expect(page).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});
