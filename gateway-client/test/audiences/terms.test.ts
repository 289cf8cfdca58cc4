import { describe, expect, it } from '@jest/globals';
import type { Audience, AudienceRule, PolicyBody } from '@emr-share/model';
import {
  assertAudienceWithinPolicy,
  audienceBodyOf,
  isAudienceOf,
  type AudienceTerms,
} from '../../src/audiences/terms.js';
import { codeOf, refusalOf } from '../support/refusal.js';

const NOW = 1_800_000_000_000;
const parties = {
  audienceId: '1'.repeat(32),
  patient: 'p.meier',
  custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
  now: NOW,
};
const terms: AudienceTerms = {
  categories: ['prescription', 'omics'],
  rule: {
    kind: 'attributes',
    readers: { roles: ['physician'], departments: ['cardiology', 'surgery'] },
    purposes: ['TREAT', 'CAREMGT'],
    approvals: 0,
    dutyServices: false,
    ticketMs: 60_000,
    notAfter: NOW + 1000,
  },
};
const withRule = (change: Partial<AudienceRule>): AudienceTerms => ({
  ...terms,
  rule: { ...terms.rule, ...change },
});
const audienceOf = (asked: AudienceTerms): Audience => ({
  body: audienceBodyOf(asked, parties),
  signature: '0'.repeat(128),
  status: { state: 'active' },
  scopes: [],
});

describe('audienceBodyOf', () => {
  it('begins now, and asks for more than half of the custodians', () => {
    expect(audienceBodyOf(terms, parties)).toMatchObject({
      threshold: 2,
      custodians: parties.custodians,
      createdAt: NOW,
      rule: { notBefore: NOW, notAfter: NOW + 1000 },
    });
  });

  const wrong: readonly [string, AudienceTerms][] = [
    ['no category', { ...terms, categories: [] }],
    ['a category twice', { ...terms, categories: ['omics', 'omics'] }],
    ['a threshold above the number of custodians', { ...terms, threshold: 4 }],
    ['as many approvals as custodians', withRule({ approvals: 3 })],
    ['an end before the start', withRule({ notAfter: NOW - 1 })],
    ['a ticket of no length', withRule({ ticketMs: 0 })],
    ['no purpose', withRule({ purposes: [] })],
    ['a role that does not exist', withRule({ readers: { roles: ['king' as never] } })],
  ];
  it.each(wrong)('refuses %s', async (_name, asked) => {
    expect(await codeOf(() => audienceBodyOf(asked, parties))).toBe('INPUT_INVALID');
  });
});

describe('assertAudienceWithinPolicy', () => {
  const policy: PolicyBody = {
    patient: 'p.meier',
    version: 1,
    purposes: ['TREAT', 'CAREMGT'],
    maxGrantMs: 1000,
    ticketMs: 1000,
    closedCategories: [],
    publishedAt: NOW,
  };
  const check =
    (asked: AudienceTerms, of: Partial<PolicyBody> = {}) =>
    () => {
      assertAudienceWithinPolicy(audienceBodyOf(asked, parties), { ...policy, ...of });
    };

  it('passes what the policy allows', () => {
    expect(check(terms)).not.toThrow();
  });

  it.each([
    ['a purpose', withRule({ purposes: ['HRESCH'] }), {}],
    ['a duration', withRule({ notAfter: NOW + 1001 }), {}],
    ['a closed category', terms, { closedCategories: ['omics'] }],
  ] as const)('refuses %s that it does not', async (_name, asked, of) => {
    const refusal = await refusalOf(check(asked, of as Partial<PolicyBody>));
    expect(refusal).toMatchObject({
      code: 'AUDIENCE_REFUSED',
      details: { audienceId: parties.audienceId },
    });
  });

  it('leaves purposes and duration of an emergency alone, its categories not', async () => {
    const emergency = withRule({
      kind: 'emergency',
      purposes: ['ETREAT', 'BTG'],
      notAfter: NOW + 1_000_000,
    });
    expect(check(emergency)).not.toThrow();
    const closed = check(emergency, { closedCategories: ['prescription'] });
    expect(await codeOf(closed)).toBe('AUDIENCE_REFUSED');
  });
});

describe('isAudienceOf', () => {
  it('knows the same terms in another order, and without what the clock decides', () => {
    const found = audienceOf(terms);
    expect(isAudienceOf(found, terms)).toBe(true);
    const reordered: AudienceTerms = {
      categories: ['omics', 'prescription'],
      threshold: 2,
      rule: {
        ...terms.rule,
        readers: { departments: ['surgery', 'cardiology'], roles: ['physician'] },
        purposes: ['CAREMGT', 'TREAT'],
        notBefore: NOW,
      },
    };
    expect(isAudienceOf(found, reordered)).toBe(true);
  });

  it.each<[string, AudienceTerms]>([
    ['categories', { ...terms, categories: ['omics'] }],
    ['threshold', { ...terms, threshold: 3 }],
    ['kind', withRule({ kind: 'emergency' })],
    ['readers', withRule({ readers: { roles: ['physician'], departments: ['cardiology'] } })],
    ['organizations', withRule({ readers: { ...terms.rule.readers, mspIds: ['HospAMSP'] } })],
    ['purposes', withRule({ purposes: ['TREAT'] })],
    ['approvals', withRule({ approvals: 1 })],
    ['on-duty services', withRule({ dutyServices: true })],
    ['ticket time', withRule({ ticketMs: 61_000 })],
    ['beginning', withRule({ notBefore: NOW + 1 })],
    ['end', withRule({ notAfter: NOW + 1001 })],
  ])('tells other %s apart', (_name, asked) => {
    expect(isAudienceOf(audienceOf(terms), asked)).toBe(false);
  });
});
