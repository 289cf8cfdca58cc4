import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decideAccess,
  type AccessQuestion,
  type ErrorCode,
  type Grant,
  type TransactionRecord,
} from '../src/index.js';

const ID = '0123456789abcdef0123456789abcdef';
const SCOPE = 'patient-1/prescription/0';
const key = `02${'ab'.repeat(32)}`;
const signature = 'cd'.repeat(64);

const record: TransactionRecord = {
  recordId: ID,
  patient: 'patient-1',
  author: 'doctor-1',
  timestamp: 1000,
  info: {
    category: 'prescription',
    securityLevel: 'private',
    contentType: 'text/csv',
    sizeBytes: 1,
    cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  },
  metadata: {
    ciphertextSha256: 'ee'.repeat(32),
    sizeBytes: 100,
    keyWrap: { scopeId: SCOPE, capsule: 'aa'.repeat(98), encryptedDek: 'bb'.repeat(72) },
    uploadTag: 'ff'.repeat(32),
  },
  policy: { patient: 'patient-1', version: 1 },
  signature,
};

const grant: Grant = {
  body: {
    grantId: ID,
    patient: 'patient-1',
    delegateeKey: key,
    coverage: { kind: 'categories', categories: ['prescription'] },
    rule: {
      grantee: 'doctor-2',
      attributes: { roles: ['physician'], mspIds: ['HospBMSP'], departments: ['cardiology'] },
      actions: ['read'],
      purposes: ['TREAT'],
      notBefore: 1000,
      notAfter: 2000,
    },
    threshold: 2,
    custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
    createdAt: 1000,
  },
  signature,
  status: { state: 'active' },
  scopes: [
    {
      body: {
        grantId: ID,
        scopeId: SCOPE,
        delegatingKey: key,
        fragments: [{ mspId: 'HospAMSP', generation: 1, sealedSha256: 'ee'.repeat(32) }],
      },
      signature,
    },
  ],
};

const question: AccessQuestion = {
  caller: { mspId: 'HospBMSP', userId: 'doctor-2', role: 'physician', department: 'cardiology' },
  record,
  grant,
  policy: {
    patient: 'patient-1',
    version: 1,
    purposes: ['TREAT', 'CAREMGT'],
    maxGrantMs: 10_000,
    ticketMs: 1000,
    closedCategories: [],
    publishedAt: 0,
  },
  purpose: 'TREAT',
  now: 1500,
};

const withRule = (rule: Partial<Grant['body']['rule']>): AccessQuestion => ({
  ...question,
  grant: { ...grant, body: { ...grant.body, rule: { ...grant.body.rule, ...rule } } },
});

function codeOf(changed: AccessQuestion): ErrorCode | 'permitted' {
  const decision = decideAccess(changed);
  return decision.permitted ? 'permitted' : decision.error.code;
}

describe('an access decision', () => {
  it('permits what the grant covers and names the scope that opens it', () => {
    expect(decideAccess(question)).toEqual({ permitted: true, scopeId: SCOPE });
  });

  it.each<[string, AccessQuestion, ErrorCode]>([
    [
      'another reader',
      { ...question, caller: { ...question.caller, userId: 'doctor-3' } },
      'ACCESS_DENIED',
    ],
    [
      'another patient',
      { ...question, record: { ...record, patient: 'patient-2' } },
      'ACCESS_DENIED',
    ],
    [
      'a record of another epoch',
      {
        ...question,
        record: {
          ...record,
          metadata: {
            ...record.metadata,
            keyWrap: { ...record.metadata.keyWrap, scopeId: 'patient-1/prescription/1' },
          },
        },
      },
      'SCOPE_NOT_GRANTED',
    ],
    [
      'a revoked grant',
      { ...question, grant: { ...grant, status: { state: 'revoked', revokedAt: 1200 } } },
      'GRANT_REVOKED',
    ],
    ['the moment before it begins', { ...question, now: 999 }, 'GRANT_NOT_YET_VALID'],
    ['the moment it ends', { ...question, now: 2000 }, 'GRANT_EXPIRED'],
    ['a purpose outside the grant', withRule({ purposes: ['CAREMGT'] }), 'PURPOSE_DENIED'],
    [
      'a purpose that the patient has since closed',
      { ...question, policy: { ...question.policy, purposes: ['CAREMGT'] } },
      'PURPOSE_DENIED',
    ],
    [
      'another department',
      { ...question, caller: { mspId: 'HospBMSP', userId: 'doctor-2', role: 'physician' } },
      'ATTRIBUTE_DENIED',
    ],
    [
      'another organization',
      { ...question, caller: { ...question.caller, mspId: 'HospCMSP' } },
      'ATTRIBUTE_DENIED',
    ],
    ['another role', withRule({ attributes: { roles: ['researcher'] } }), 'ATTRIBUTE_DENIED'],
  ])('refuses %s', (_case, changed, code) => {
    expect(codeOf(changed)).toBe(code);
  });

  it('covers a single record through its own scope only', () => {
    const recordGrant: Grant = {
      ...grant,
      body: { ...grant.body, coverage: { kind: 'record', recordId: ID } },
      scopes: [
        { body: { ...grant.scopes[0]!.body, scopeId: `patient-1/record/${ID}` }, signature },
      ],
    };
    expect(decideAccess({ ...question, grant: recordGrant })).toEqual({
      permitted: true,
      scopeId: `patient-1/record/${ID}`,
    });
    const other = { ...record, recordId: 'f'.repeat(32) };
    expect(codeOf({ ...question, grant: recordGrant, record: other })).toBe('SCOPE_NOT_GRANTED');
  });

  it('never permits outside the window, whatever else holds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (now, notBefore, notAfter) => {
        const decision = codeOf({ ...withRule({ notBefore, notAfter }), now });
        const inside = notBefore <= now && now < notAfter;
        expect(decision === 'permitted').toBe(inside);
      }),
    );
  });
});
