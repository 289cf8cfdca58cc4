import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CATEGORIES, PURPOSE_CODES, type Grant, type PolicyBody } from '@emr-share/model';
import {
  assertWithinPolicy,
  defaultThreshold,
  grantBodyOf,
  isGrantOf,
} from '../src/grants/terms.js';
import type { GrantTerms } from '../src/grants/terms.js';
import { codeOf, refusalOf } from './support/refusal.js';

const NOW = 1_800_000_000_000;
const parties = {
  grantId: '1'.repeat(32),
  patient: 'p.meier',
  delegateeKey: `02${'a'.repeat(64)}`,
  custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
  now: NOW,
};
const terms: GrantTerms = {
  grantee: 'd.wong',
  categories: ['prescription'],
  purposes: ['TREAT'],
  durationMs: 1000,
};
const grantOf = (asked: GrantTerms, now = NOW): Grant => ({
  body: grantBodyOf(asked, { ...parties, now }),
  signature: '0'.repeat(128),
  status: { state: 'active' },
  scopes: [],
});

describe('grantBodyOf', () => {
  it('begins now, ends after the duration, and asks for more than half of the custodians', () => {
    expect(grantBodyOf(terms, parties)).toMatchObject({
      threshold: 2,
      custodians: parties.custodians,
      coverage: { kind: 'categories', categories: ['prescription'] },
      rule: { grantee: 'd.wong', actions: ['read'], notBefore: NOW, notAfter: NOW + 1000 },
    });
    expect([1, 2, 3, 4, 5].map(defaultThreshold)).toEqual([1, 2, 2, 3, 3]);
  });

  const wrong: readonly [string, Partial<GrantTerms>][] = [
    ['neither categories nor a record', { categories: undefined }],
    ['both categories and a record', { recordId: '2'.repeat(32) }],
    ['no category', { categories: [] }],
    ['a category twice', { categories: ['omics', 'omics'] }],
    ['neither an end nor a duration', { durationMs: undefined }],
    ['both an end and a duration', { notAfter: NOW + 5 }],
    ['an end before the start', { durationMs: -1 }],
    ['no purpose', { purposes: [] }],
    ['a purpose that does not exist', { purposes: ['FUN'] as never }],
    ['a threshold above the number of custodians', { threshold: 4 }],
    ['a duration that is no number', { durationMs: Number.NaN }],
  ];
  it.each(wrong)('refuses %s', async (_name, change) => {
    expect(await codeOf(() => grantBodyOf({ ...terms, ...change }, parties))).toBe('INPUT_INVALID');
  });
});

describe('assertWithinPolicy', () => {
  const policy: PolicyBody = {
    patient: 'p.meier',
    version: 1,
    purposes: ['TREAT'],
    maxGrantMs: 1000,
    ticketMs: 1000,
    closedCategories: ['omics'],
    publishedAt: NOW,
  };
  const check = (change: Partial<GrantTerms>) => () => {
    assertWithinPolicy(grantBodyOf({ ...terms, ...change }, parties), policy);
  };

  it('lets pass what the policy allows', () => {
    expect(check({})).not.toThrow();
  });

  it.each<[Partial<GrantTerms>, string]>([
    [{ purposes: ['TREAT', 'HRESCH'] }, 'purpose HRESCH'],
    [{ durationMs: 1001 }, 'at most 1000 ms'],
    [{ categories: ['prescription', 'omics'] }, 'closes category omics'],
  ])('refuses %j', async (change, problem) => {
    const refusal = await refusalOf(check(change));
    expect(refusal.code).toBe('GRANT_REFUSED');
    expect(refusal.message).toContain(problem);
  });

  it('lets a single record of a closed category pass', () => {
    expect(check({ categories: undefined, recordId: '3'.repeat(32) })).not.toThrow();
  });
});

describe('isGrantOf', () => {
  const arbitrary = fc.record(
    {
      grantee: fc.constantFrom('d.wong', 'd.abel'),
      categories: fc.uniqueArray(fc.constantFrom(...CATEGORIES), { minLength: 1 }),
      purposes: fc.uniqueArray(fc.constantFrom(...PURPOSE_CODES), { minLength: 1 }),
      durationMs: fc.integer({ min: 1, max: 1e9 }),
      threshold: fc.constantFrom(2, 3),
      attributes: fc.record(
        { roles: fc.uniqueArray(fc.constantFrom('physician' as const, 'auditor' as const)) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['grantee', 'categories', 'purposes', 'durationMs'] },
  );
  const sane = arbitrary.filter(({ attributes }) => attributes?.roles?.length !== 0);

  it('recognizes the repeat of a call, made later and in another order', () => {
    fc.assert(
      fc.property(sane, fc.nat(1e6), (asked, later) => {
        const again: GrantTerms = {
          ...asked,
          categories: asked.categories.toReversed(),
          purposes: asked.purposes.toReversed(),
        };
        expect(isGrantOf(grantOf(asked, NOW - later), again)).toBe(true);
      }),
    );
  });

  it.each<[string, Partial<GrantTerms>]>([
    ['grantee', { grantee: 'd.abel' }],
    ['categories', { categories: ['prescription', 'omics'] }],
    ['record', { categories: undefined, recordId: '4'.repeat(32) }],
    ['purposes', { purposes: ['TREAT', 'ETREAT'] }],
    ['duration', { durationMs: 1001 }],
    ['end', { durationMs: undefined, notAfter: NOW + 1001 }],
    ['start', { notBefore: NOW + 1 }],
    ['threshold', { threshold: 3 }],
    ['attributes', { attributes: { roles: ['physician'] } }],
  ])('tells another %s apart', (_name, change) => {
    expect(isGrantOf(grantOf(terms), { ...terms, ...change })).toBe(false);
  });
});
