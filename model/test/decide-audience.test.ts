import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  PURPOSE_CODES,
  refusalOfAudience,
  refusalOfReader,
  ROLES,
  type AudienceQuestion,
  type AudienceRule,
} from '../src/index.js';

const ID = '0123456789abcdef0123456789abcdef';

const rule: AudienceRule = {
  kind: 'attributes',
  readers: { roles: ['physician'], mspIds: ['HospBMSP'], departments: ['cardiology'] },
  purposes: ['TREAT'],
  approvals: 0,
  dutyServices: false,
  ticketMs: 1000,
  notBefore: 1000,
  notAfter: 2000,
};

const question: AudienceQuestion = {
  caller: { mspId: 'HospBMSP', userId: 'doctor-2', role: 'physician', department: 'cardiology' },
  audience: {
    body: {
      audienceId: ID,
      patient: 'patient-1',
      categories: ['prescription'],
      rule,
      threshold: 2,
      custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
      createdAt: 1000,
    },
    status: { state: 'active' },
  },
  policy: {
    patient: 'patient-1',
    version: 1,
    purposes: ['TREAT', 'CAREMGT'],
    maxGrantMs: 10_000,
    ticketMs: 1000,
    closedCategories: [],
    publishedAt: 1000,
  },
  purpose: 'TREAT',
  now: 1500,
};

const withRule = (changes: Partial<AudienceRule>): AudienceQuestion => {
  const { body, status } = question.audience;
  const audience = { status, body: { ...body, rule: { ...rule, ...changes } } };
  return { ...question, audience };
};

const emergency = withRule({
  kind: 'emergency',
  readers: { roles: ['emergency-physician'] },
  purposes: ['ETREAT', 'BTG'],
});
const physician = { ...question.caller, role: 'emergency-physician' as const };

describe('refusalOfAudience', () => {
  it('lets in whoever the rule describes, from the first moment to the last', () => {
    expect(refusalOfAudience(question)).toBeNull();
    expect(refusalOfAudience({ ...question, now: 1000 })).toBeNull();
    expect(refusalOfAudience({ ...question, now: 1999 })).toBeNull();
  });

  it('refuses by a grant that has ended, early or by time', () => {
    const status = { state: 'ended', endedAt: 1200 } as const;
    const audience = { ...question.audience, status };
    expect(refusalOfAudience({ ...question, audience })).toMatchObject({
      code: 'AUDIENCE_ENDED',
      details: { audienceId: ID, endedAt: 1200 },
    });
    expect(refusalOfAudience({ ...question, now: 2000 })).toMatchObject({
      code: 'AUDIENCE_ENDED',
      details: { endedAt: 2000 },
    });
  });

  it('refuses before the rule holds', () => {
    expect(refusalOfAudience({ ...question, now: 999 })?.code).toBe('GRANT_NOT_YET_VALID');
  });

  it.each([
    ['role', { ...question.caller, role: 'researcher' as const }],
    ['organization', { ...question.caller, mspId: 'HospCMSP' }],
    ['department', { ...question.caller, department: 'oncology' }],
    ['department', { mspId: 'HospBMSP', userId: 'doctor-2', role: 'physician' as const }],
  ])('refuses another %s, or none', (attribute, caller) => {
    expect(refusalOfAudience({ ...question, caller })).toMatchObject({
      code: 'READER_REFUSED',
      details: { audienceId: ID, attribute },
    });
  });

  it('refuses a purpose that the rule does not name, or that the policy no longer allows', () => {
    expect(refusalOfAudience({ ...question, purpose: 'CAREMGT' })?.code).toBe('PURPOSE_DENIED');
    const policy = { ...question.policy, purposes: ['CAREMGT' as const] };
    expect(refusalOfAudience({ ...question, policy })?.code).toBe('PURPOSE_DENIED');
  });

  it('takes an emergency for the purposes of its rule, whatever the policy says of others', () => {
    expect(refusalOfAudience({ ...emergency, caller: physician, purpose: 'BTG' })).toBeNull();
    expect(refusalOfAudience({ ...emergency, caller: physician, purpose: 'TREAT' })?.code).toBe(
      'PURPOSE_DENIED',
    );
  });

  it('never lets another role into an emergency, for any purpose, at any time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ROLES.filter((role) => role !== 'emergency-physician')),
        fc.constantFrom(...PURPOSE_CODES),
        fc.nat(3000),
        (role, purpose, now) => {
          const caller = { ...question.caller, role };
          expect(refusalOfAudience({ ...emergency, caller, purpose, now })).not.toBeNull();
        },
      ),
    );
  });
});

describe('refusalOfReader', () => {
  it('looks at the reader and the time, not at the purpose', () => {
    expect(refusalOfReader(question)).toBeNull();
    expect(refusalOfReader({ ...question, caller: physician })?.code).toBe('READER_REFUSED');
    expect(refusalOfReader({ ...question, now: 2000 })?.code).toBe('AUDIENCE_ENDED');
  });
});
