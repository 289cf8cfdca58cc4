import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeyFacts } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { TransactionRecord, User } from '@emr-share/model';
import { buildCli, runProgram } from '../support/emr-process.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

const USER = { userId: 'patient-07', mspId: 'HospAMSP', role: 'patient' } as const;
const PASSPHRASE = 'five quiet waiting rooms';

let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), 'emr-keys-'));
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(inFolder('note.txt'), 'warfarin 5 mg');
  const scryptCost = QUICK_SCRYPT;
  const path = inFolder(`data/keystores/${USER.userId}.json`);
  await KeystoreFile.create(path, { ...USER, passphrase: PASSPHRASE, scryptCost });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function emr(...args: string[]): Promise<string> {
  const { exitCode, stdout } = await runProgram('main.js', args, {
    env: {
      EMR_DATA: inFolder('data'),
      EMR_USER: USER.userId,
      EMR_PASSPHRASE_FILE: inFolder('passphrase'),
    },
  });
  expect(exitCode).toBe(0);
  return stdout;
}
const emrJson = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(await emr('--json', ...args)) as T;

describe('emr keys', () => {
  it('puts new keys in force, in the keystore and on the ledger; what was filed stays readable', async () => {
    await emr('register');
    const { record } = await emrJson<{ record: TransactionRecord }>(
      'upload',
      inFolder('note.txt'),
      '--category',
      'medicine',
    );
    const { keys: before } = await emrJson<{ keys: KeyFacts[] }>('keys', 'show');
    expect(before.map(({ number }) => number)).toEqual([0]);

    const { user, ended } = await emrJson<{ user: User; ended: string[] }>(
      'keys',
      'rotate',
      '--grants',
      'end',
    );
    expect([user.keyNumber, ended]).toEqual([1, []]);
    const { keyNumber, verifyingKey } = await emrJson<{ keyNumber: number; verifyingKey: string }>(
      'whoami',
    );
    expect([keyNumber, verifyingKey]).toEqual([1, user.verifyingKey]);
    const shown = await emr('keys', 'show');
    expect(shown).toMatch(/^0 .* replaced$/m);
    expect(shown).toMatch(/^1 .* in force$/m);
    const fetched = await emr('fetch', record.recordId, '-o', '-');
    expect(fetched).toBe('warfarin 5 mg');
  });
});
