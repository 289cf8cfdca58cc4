import { describe, expect, it } from '@jest/globals';
import { EmrError, type MspId } from '@emr-share/model';
import { readAgreed } from '../src/agreement.js';
import { codeOf, refusalOf } from './support/refusal.js';
import { scriptedLedger } from './support/scripted-ledger.js';

const ORGANIZATIONS = ['HospAMSP', 'HospBMSP', 'HospCMSP'];
const missing = new EmrError('USER_NOT_FOUND', { userId: 'd.wong' });
const down = new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'HospBMSP' });

/** Each organization's answer: a user's role, or an error. */
function read(answers: Readonly<Record<MspId, string | EmrError | Promise<string>>>) {
  const warnings: EmrError[] = [];
  const { ledger, calls } = scriptedLedger({
    'registry:GetUser': async (_request, { organizations }) => {
      const answer = await answers[organizations?.[0] ?? ''];
      if (EmrError.is(answer)) throw answer;
      return { userId: 'd.wong', role: answer };
    },
  });
  const electorate = {
    ledger,
    organizations: ORGANIZATIONS,
    warn: (warning: EmrError) => warnings.push(warning),
    signal: new AbortController().signal,
  };
  const result = (): Promise<unknown> =>
    readAgreed(electorate, 'registry:GetUser', { userId: 'd.wong' });
  return { result, warnings, calls };
}

describe('readAgreed', () => {
  it('asks every organization by itself', async () => {
    const { result, calls } = read({ HospAMSP: 'x', HospBMSP: 'x', HospCMSP: 'x' });
    expect(await result()).toEqual({ userId: 'd.wong', role: 'x' });
    expect(calls.map(({ organizations }) => organizations)).toEqual([
      ['HospAMSP'],
      ['HospBMSP'],
      ['HospCMSP'],
    ]);
  });

  it('takes the answer of more than half, and names who was outvoted', async () => {
    const { result, warnings } = read({ HospAMSP: 'forged', HospBMSP: 'x', HospCMSP: 'x' });
    expect(await result()).toMatchObject({ role: 'x' });
    expect(warnings.map(({ details }) => details)).toEqual([{ organizations: 'HospAMSP' }]);
  });

  it('does without an organization that is down, and without a warning', async () => {
    const { result, warnings } = read({ HospAMSP: 'x', HospBMSP: down, HospCMSP: 'x' });
    expect(await result()).toMatchObject({ role: 'x' });
    expect(warnings).toEqual([]);
  });

  it('does not wait for an organization that says nothing, and names it where it lies later', async () => {
    let speak: (role: string) => void = () => undefined;
    const late = new Promise<string>((resolve) => (speak = resolve));
    const { result, warnings } = read({ HospAMSP: 'x', HospBMSP: late, HospCMSP: 'x' });
    expect(await result()).toMatchObject({ role: 'x' });
    expect(warnings).toEqual([]);
    speak('forged');
    while (warnings.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(warnings.map(({ details }) => details)).toEqual([{ organizations: 'HospBMSP' }]);
  });

  it('takes a refusal by more than half for an answer', async () => {
    const { result, warnings } = read({ HospAMSP: 'forged', HospBMSP: missing, HospCMSP: missing });
    expect(await codeOf(result)).toBe('USER_NOT_FOUND');
    expect(warnings.map(({ details }) => details)).toEqual([{ organizations: 'HospAMSP' }]);
  });

  it('says which organization did not answer where there is no majority without it', async () => {
    const { result } = read({ HospAMSP: 'x', HospBMSP: down, HospCMSP: down });
    expect(await refusalOf(result)).toBe(down);
  });

  it('refuses where all differ', async () => {
    const { result, calls } = read({ HospAMSP: 'x', HospBMSP: 'y', HospCMSP: 'z' });
    expect(await refusalOf(result)).toMatchObject({
      code: 'ENDORSEMENT_MISMATCH',
      details: { organizations: 'HospAMSP, HospBMSP, HospCMSP' },
    });
    expect(calls.length).toBeGreaterThan(3);
  });
});
