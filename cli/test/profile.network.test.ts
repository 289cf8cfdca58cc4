/** The user commands on the real network. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { AuditEntry, Grant, Role, TransactionRecord } from '@emr-share/model';
import { connectionProfiles, registerUser } from '@emr-share/network';
import { openSharedNetwork, sharedNetworkDir } from '../../test/support/network.js';
import { answerOf } from './support/answers.js';
import { emrHere, type Ran } from './support/capture.js';
import { QUICK_SCRYPT } from './support/quick-scrypt.js';

const PASSPHRASE = 'nine long night shifts';
const run = randomBytes(3).toString('hex');
const PATIENT = { userId: `ana.${run}`, organization: 'hospa', mspId: 'HospAMSP' } as const;
const DOCTOR = { userId: `dr.weber.${run}`, organization: 'hospb', mspId: 'HospBMSP' } as const;
type User = typeof PATIENT | typeof DOCTOR;
const CONTENT = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [] });

describe('emr with a connection profile', () => {
  let folder: string;
  const inFolder = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emr-profile-'));
    await mkdir(inFolder('data/keystores'), { recursive: true });
    await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    await writeFile(inFolder('visit.json'), CONTENT);
    await (await openSharedNetwork())[Symbol.asyncDispose]();
    const profiles = await connectionProfiles(sharedNetworkDir());
    for (const name of ['hospa', 'hospb']) {
      await writeFile(inFolder(`${name}.json`), JSON.stringify(profiles[name]));
    }
    await newcomer(PATIENT, 'patient');
    await newcomer(DOCTOR, 'physician');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /** A quick keystore as `emr init` makes it, and what the hospital's admin does and hands over. */
  async function newcomer({ userId, mspId, organization }: User, role: Role): Promise<void> {
    const path = inFolder(`data/keystores/${userId}.json`);
    const scryptCost = QUICK_SCRYPT;
    await KeystoreFile.create(path, { userId, mspId, role, passphrase: PASSPHRASE, scryptCost });
    const ticket = await registerUser(sharedNetworkDir(), organization, { userId, role });
    await writeFile(inFolder(`${userId}.secret`), `${ticket.enrolmentSecret}\n`, { mode: 0o600 });
  }

  const emr = (
    { userId, organization }: User,
    args: readonly string[],
    profile = inFolder(`${organization}.json`),
  ): Promise<Ran> =>
    emrHere(args, {
      EMR_DATA: inFolder('data'),
      EMR_USER: userId,
      EMR_PASSPHRASE_FILE: inFolder('passphrase'),
      EMR_PROFILE: profile,
    });
  const emrJson = async <T>(user: User, ...args: string[]): Promise<T> =>
    answerOf(await emr(user, ['--json', ...args])) as T;
  async function refused(user: User, args: string[], profile?: string): Promise<[number, string]> {
    const { exitCode, stderr } = await emr(user, args, profile);
    return [exitCode, stderr];
  }

  it('says in a sentence what is missing: profile, secret, the right organization', async () => {
    const nowhere = inFolder('nowhere.json');
    expect(await refused(PATIENT, ['register'], nowhere)).toEqual([
      2,
      `emr: cannot read the connection profile ${nowhere} (ENOENT); emr network export writes one for each organization\n`,
    ]);
    await writeFile(inFolder('half.json'), '{"client":{}}');
    const [code, text] = await refused(PATIENT, ['register'], inFolder('half.json'));
    expect([code, text]).toEqual([2, expect.stringMatching(/half\.json/)]);
    expect(await refused(PATIENT, ['register'])).toEqual([
      2,
      `emr: ${PATIENT.userId} has no certificate; give the secret from the hospital's admin with --enrolment-secret-file\n`,
    ]);
    const secret = ['--enrolment-secret-file', inFolder(`${DOCTOR.userId}.secret`)];
    const [, other] = await refused(DOCTOR, ['register', ...secret], inFolder('hospa.json'));
    expect(other).toContain('is for the users of HospAMSP');
  });

  it('gets a certificate for the secret, once', async () => {
    for (const user of [PATIENT, DOCTOR]) {
      const secret = ['--enrolment-secret-file', inFolder(`${user.userId}.secret`)];
      const registered = await emrJson<{ user: object }>(user, 'register', ...secret);
      expect(registered.user).toMatchObject({ userId: user.userId, mspId: user.mspId });
      const [code, text] = await refused(user, ['register', ...secret]);
      expect([code, text]).toEqual([3, expect.stringContaining('gives no certificate')]);
    }
  });

  it('shares a record, and takes it back', async () => {
    const kind = ['--patient', PATIENT.userId, '--category', 'medical-information'];
    const { record } = await emrJson<{ record: TransactionRecord }>(
      DOCTOR,
      'upload',
      inFolder('visit.json'),
      ...kind,
    );
    const { grant } = await emrJson<{ grant: Grant }>(
      PATIENT,
      'grant',
      DOCTOR.userId,
      ...['--category', 'medical-information', '--purpose', 'TREAT', '--for', '1d'],
    );
    const copy = inFolder('copy.json');
    const fetching = ['fetch', record.recordId, '-o', copy, '--purpose', 'TREAT'];
    await emrJson(DOCTOR, ...fetching);
    expect(await readFile(copy, 'utf8')).toBe(CONTENT);
    await emrJson(PATIENT, 'revoke', grant.body.grantId);
    await rm(copy);
    const [code, text] = await refused(DOCTOR, fetching);
    expect([code, text]).toEqual([3, expect.stringContaining('was revoked')]);
    const { stdout } = await emr(PATIENT, ['--json', 'log']);
    const told = (type: AuditEntry['type']): boolean => stdout.includes(`"${type}"`);
    expect([told('access.granted'), told('grant.revoked')]).toEqual([true, true]);
  });

  it('compares the chains of all peers', async () => {
    const { organizations } = await emrJson<{
      organizations: { peer: string; height: number; headSha256: string }[];
    }>(PATIENT, 'verify');
    expect(organizations).toHaveLength(6);
    expect(new Set(organizations.map(({ headSha256 }) => headSha256)).size).toBe(1);
  });
});
