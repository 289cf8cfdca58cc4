/** `emr recovery`, each call a process of its own: keys come back to a new device, or are vetoed. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { RecoveryRequest, Role, TransactionRecord } from '@emr-share/model';
import { patientSummaryJson } from '../../src/demo/samples/patient-summary.js';
import { answerOf, refusalOf } from '../support/answers.js';
import type { Ran } from '../support/capture.js';
import { buildCli, runProgram } from '../support/emr-process.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

const PASSPHRASE = 'four blue hospital doors';
const PEOPLE = {
  'patient-01': ['HospAMSP', 'patient'],
  'dr.weber': ['HospBMSP', 'physician'],
  'officer.a': ['HospAMSP', 'privacy-officer'],
} as const satisfies Record<string, readonly [string, Role]>;
type User = keyof typeof PEOPLE;
const POLL_MS = 2_000;

interface Asked {
  readonly request: RecoveryRequest;
  readonly code: string;
}

let folder: string;
const inFolder = (name: string): string => join(folder, name);
const keystoreOf = (user: User): string => inFolder(`data/keystores/${user}.json`);

const emr = (user: User, ...args: string[]): Promise<Ran> =>
  runProgram('main.js', args, {
    env: {
      EMR_DATA: inFolder('data'),
      EMR_USER: user,
      EMR_PASSPHRASE_FILE: inFolder('passphrase'),
    },
  });

const emrJson = async <T>(user: User, ...args: string[]): Promise<T> =>
  answerOf(await emr(user, '--json', ...args)) as T;

const refusal = async (user: User, ...args: string[]): Promise<string> =>
  refusalOf(await emr(user, '--json', ...args)).code;

/** As `emr init` makes it, but with a passphrase that costs little to try. */
async function makeKeystore(user: User): Promise<void> {
  const [mspId, role] = PEOPLE[user];
  const scryptCost = QUICK_SCRYPT;
  const options = { userId: user, mspId, role, passphrase: PASSPHRASE, scryptCost };
  await KeystoreFile.create(keystoreOf(user), options);
}

/** The patient's keystore is another one from then on; the former one can be put back. */
async function onNewDevice(): Promise<void> {
  await rename(keystoreOf('patient-01'), inFolder('old-device.json'));
  await makeKeystore('patient-01');
}

beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), 'emr-recovery-'));
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(inFolder('summary.json'), patientSummaryJson());
  for (const user of Object.keys(PEOPLE) as User[]) {
    await makeKeystore(user);
    expect(await emr(user, 'register')).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('emr recovery, call by call', () => {
  let record: TransactionRecord;
  let asked: Asked;

  it('plans: custodians, how many of them, and the waiting time', async () => {
    ({ record } = await emrJson<{ record: TransactionRecord }>(
      'patient-01',
      ...['upload', inFolder('summary.json')],
    ));
    const custodians = ['--organization', 'HospAMSP', '--organization', 'HospBMSP'];
    const { stdout } = await emr(
      'patient-01',
      ...['recovery', 'plan', ...custodians, '--guardian', 'dr.weber', '--waiting-time', '1m'],
    );
    expect(stdout).toMatch(/custodians +HospAMSP, HospBMSP, dr\.weber\nneeded +2 of 3\n/);
    const wards = await emr('dr.weber', 'recovery', 'wards');
    expect(wards.stdout).toMatch(/patient-01 +2 of 3 /);
  });

  it('ends a request that a device which was not lost vetoes', async () => {
    await onNewDevice();
    const stolen = await emrJson<Asked>('patient-01', 'recovery', 'request');
    await rm(keystoreOf('patient-01'));
    await rename(inFolder('old-device.json'), keystoreOf('patient-01'));
    const { requestId } = stolen.request;
    const { stdout } = await emr('patient-01', 'recovery', 'veto', requestId.slice(0, 8));
    expect(stdout).toMatch(/^Vetoed:\n[\s\S]+state +vetoed\n/);
    const approve = ['recovery', 'approve', 'patient-01', '--code', stolen.code];
    expect(await refusal('dr.weber', ...approve)).toBe('RECOVERY_VETOED');
  });

  it('is asked for on a new device, and approved by its code', async () => {
    await onNewDevice();
    const fetch = ['fetch', record.recordId, '-o', inFolder('again.json')];
    expect(await refusal('patient-01', ...fetch)).toBe('NOT_ENROLLED');
    asked = await emrJson<Asked>('patient-01', 'recovery', 'request');
    expect(await refusal('patient-01', 'recovery', 'finish')).toBe('RECOVERY_APPROVALS_MISSING');
    const [first = ''] = asked.code;
    const wrong = `${first === '0' ? '1' : '0'}${asked.code.slice(1)}`;
    const approve = ['recovery', 'approve', 'patient-01', '--code'];
    expect(await refusal('dr.weber', ...approve, wrong)).toBe('USAGE');
    await emrJson('dr.weber', ...approve, asked.code);
    const { stdout } = await emr('officer.a', ...approve, asked.code);
    expect(stdout).toMatch(/approvals +2 of 2: /);
  });

  it('brings the keys back once the waiting time is over, and not before', async () => {
    let ran = await emr('patient-01', '--json', 'recovery', 'finish');
    while (ran.exitCode !== 0) {
      const { error } = JSON.parse(ran.stderr) as { error: { code: string } };
      expect(error.code).toBe('RECOVERY_WAITING');
      await pause(POLL_MS);
      ran = await emr('patient-01', '--json', 'recovery', 'finish');
    }
    expect(Date.now()).toBeGreaterThan(asked.request.releaseAt);
    const again = inFolder('again.json');
    const fetched = await emr('patient-01', 'fetch', record.recordId, '-o', again);
    expect([fetched.exitCode, fetched.stderr]).toEqual([0, '']);
    expect((await readFile(again)).equals(await readFile(inFolder('summary.json')))).toBe(true);
    const { stdout } = await emr('patient-01', 'recovery', 'show');
    expect(stdout).toMatch(/state +completed: the keys are back/);
  });
});
