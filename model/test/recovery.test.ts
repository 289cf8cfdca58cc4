import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import {
  leastRecoveryThreshold,
  RecoveryPlanBody,
  recoveryState,
  type RecoveryCustodian,
  type RecoveryRequest,
} from '../src/index.js';

const POINT = `02${'0'.repeat(64)}`;

const organization = (i: number): RecoveryCustodian => ({
  kind: 'organization',
  mspId: `Hosp${String(i)}MSP`,
  generation: 1,
  sealedSha256: '0'.repeat(64),
});
const guardian = (i: number): RecoveryCustodian => ({
  kind: 'guardian',
  userId: `guardian-${String(i)}`,
  readerKey: POINT,
  sealed: 'ab'.repeat(84),
});

function accepts(organizations: number, guardians: number, threshold: number, waitMs = 60_000) {
  const custodians = [
    ...Array.from({ length: organizations }, (_, i) => organization(i)),
    ...Array.from({ length: guardians }, (_, i) => guardian(i)),
  ];
  return v.is(RecoveryPlanBody, {
    planId: '0'.repeat(32),
    patient: 'alice',
    threshold,
    custodians,
    commitments: POINT.repeat(threshold),
    seed: 'ab'.repeat(83),
    waitMs,
    createdAt: 1,
  });
}

describe('a recovery plan', () => {
  it('asks for two, a majority, and more than there are guardians', () => {
    for (let organizations = 0; organizations <= 6; organizations++) {
      for (let guardians = 0; guardians <= 5; guardians++) {
        const n = organizations + guardians;
        const least = leastRecoveryThreshold(n, guardians);
        const isPossible = n >= 2 && least <= n;
        expect([n, guardians, accepts(organizations, guardians, least)]).toEqual([
          n,
          guardians,
          isPossible,
        ]);
        expect(accepts(organizations, guardians, least - 1)).toBe(false);
      }
    }
  });

  it('names five guardians at most, nobody twice, and waits a minute to 30 days', () => {
    expect(accepts(8, 6, 8)).toBe(false);
    expect(accepts(3, 0, 2, 59_999)).toBe(false);
    expect(accepts(3, 0, 2, 30 * 86_400_000)).toBe(true);
    expect(accepts(3, 0, 2, 30 * 86_400_000 + 1)).toBe(false);
  });
});

describe('the state of a recovery', () => {
  const request = {
    releaseAt: 100,
    expiresAt: 200,
    approvals: [],
    approvalsNeeded: 2,
  } as unknown as RecoveryRequest;
  const approved = { ...request, approvals: [{}, {}] } as unknown as RecoveryRequest;

  it('follows from time, approvals and end', () => {
    expect(recoveryState(approved, 99)).toBe('waiting');
    expect(recoveryState(request, 100)).toBe('unapproved');
    expect(recoveryState(approved, 100)).toBe('open');
    expect(recoveryState(approved, 200)).toBe('expired');
    const vetoed = { ...approved, end: { body: { outcome: 'vetoed' } } };
    expect(recoveryState(vetoed as unknown as RecoveryRequest, 100)).toBe('vetoed');
  });
});
