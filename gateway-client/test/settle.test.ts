import { describe, expect, it } from '@jest/globals';
import { EmrError } from '@emr-share/model';
import { submitSettled } from '../src/settle.js';
import { codeOf } from './support/refusal.js';
import { scriptedLedger } from './support/scripted-ledger.js';

const unknown = new EmrError('COMMIT_UNKNOWN', { transactionId: 'tx7' });
const missing = new EmrError('GRANT_NOT_FOUND', { grantId: 'a' });

function settle(submit: () => unknown, recall: () => unknown, isOurs?: () => boolean) {
  const { ledger, calls } = scriptedLedger({ 'grants:RevokeGrant': submit });
  const result = submitSettled(
    ledger,
    'grants:RevokeGrant',
    { grantId: 'a' },
    {
      signal: new AbortController().signal,
      recall: () => Promise.resolve().then(recall) as never,
      missing: 'GRANT_NOT_FOUND',
      isOurs,
    },
  );
  return { result, calls };
}

const failing = (error: unknown) => () => {
  throw error;
};

describe('submitSettled', () => {
  it('gives what the ledger answers', async () => {
    const { result } = settle(() => ({ transactionId: 'tx1', response: 'r' }), failing(missing));
    expect(await result).toMatchObject({ transactionId: 'tx1', response: 'r' });
  });

  it('finds a transaction whose answer was lost, and does not submit it again', async () => {
    let asked = 0;
    const { result, calls } = settle(failing(unknown), () => {
      asked += 1;
      if (asked < 3) throw missing;
      return 'found';
    });
    expect(await result).toEqual({ transactionId: 'tx7', response: 'found' });
    expect(calls).toHaveLength(1);
  });

  it('says that it is not known where nothing is found', async () => {
    const { result, calls } = settle(failing(unknown), failing(missing));
    expect(await codeOf(() => result)).toBe('COMMIT_UNKNOWN');
    expect(calls).toHaveLength(1);
  });

  it('does not take what someone else wrote for its own', async () => {
    const { result } = settle(
      failing(unknown),
      () => 'another',
      () => false,
    );
    expect(await codeOf(() => result)).toBe('COMMIT_UNKNOWN');
  });

  it('passes a refusal on', async () => {
    const refusal = new EmrError('GRANT_ACTIVE', { grantId: 'a' });
    const { result } = settle(failing(refusal), failing(missing));
    await expect(result).rejects.toBe(refusal);
  });
});
