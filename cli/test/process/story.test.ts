import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type {
  AuditEntry,
  Grant,
  MspId,
  RevocationReceipt,
  Role,
  TransactionRecord,
} from '@emr-share/model';
import { ctImage } from '../../src/demo/samples/ct-image.js';
import { patientSummaryJson } from '../../src/demo/samples/patient-summary.js';
import { answerOf } from '../support/answers.js';
import type { Ran } from '../support/capture.js';
import { buildCli, runProgram } from '../support/emr-process.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

// Each call is a process of its own that opens the consortium anew; the steps build on one another.
const PASSPHRASES = {
  'patient-01': 'four blue hospital doors',
  'dr.amari': 'seven quiet corridors',
  'dr.weber': 'nine long night shifts',
} as const;
type User = keyof typeof PASSPHRASES;

let folder: string;
const said: string[] = [];
beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), 'emr-story-'));
  await writeFile(inFolder('summary.json'), patientSummaryJson());
  await writeFile(inFolder('ct.dcm'), ctImage());
  for (const [user, passphrase] of Object.entries(PASSPHRASES)) {
    await writeFile(inFolder(`${user}.passphrase`), `${passphrase}\n`, { mode: 0o600 });
  }
  await makeQuickKeystore('patient-01', 'HospAMSP', 'patient');
  await makeQuickKeystore('dr.weber', 'HospBMSP', 'physician');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const inFolder = (name: string): string => join(folder, name);

/** As `emr init` makes it, but with a passphrase that costs little to try: these are opened often. */
async function makeQuickKeystore(userId: User, mspId: MspId, role: Role): Promise<void> {
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await KeystoreFile.create(inFolder(`data/keystores/${userId}.json`), {
    userId,
    mspId,
    role,
    passphrase: PASSPHRASES[userId],
    scryptCost: QUICK_SCRYPT,
  });
}

async function emr(user: User, ...args: string[]): Promise<Ran & { readonly bytes: Buffer }> {
  const ran = await runProgram('main.js', args, {
    env: {
      EMR_DATA: inFolder('data'),
      EMR_USER: user,
      EMR_PASSPHRASE_FILE: inFolder(`${user}.passphrase`),
    },
  });
  said.push(ran.stdout, ran.stderr);
  return ran;
}

const emrJson = async <T>(user: User, ...args: string[]): Promise<T> =>
  answerOf(await emr(user, '--json', ...args)) as T;

const short = (id: string): string => id.slice(0, 8);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('emr, call by call over one data directory', () => {
  let summary: TransactionRecord;
  let image: TransactionRecord;
  let grantId: string;

  it('makes a keystore that only its owner can read', async () => {
    const init = ['init', 'dr.amari', '--role', 'physician'];
    const made = await emrJson<{ keystore: string }>('dr.amari', ...init);
    expect(made).toMatchObject({ userId: 'dr.amari', role: 'physician', mspId: 'HospAMSP' });
    const { mode } = await stat(made.keystore);
    expect(mode & 0o777).toBe(0o600);
  });

  it('says what to do before a user is registered', async () => {
    const { exitCode, stderr } = await emr('dr.weber', 'records');
    expect([exitCode, stderr]).toEqual([
      3,
      'emr: dr.weber has no certificate yet\n     get one and register with: emr register\n',
    ]);
  });

  it('registers the users, again without harm', async () => {
    await expect(emrJson('patient-01', 'register')).resolves.toMatchObject({
      user: { userId: 'patient-01', role: 'patient', status: 'active' },
    });
    await emrJson('dr.weber', 'register');
    const amari = await emrJson('dr.amari', 'register');
    await expect(emrJson('dr.amari', 'register')).resolves.toEqual(amari);
  });

  it('files what a doctor uploads for a patient, the same file once', async () => {
    const upload = ['upload', inFolder('summary.json'), '--patient', 'patient-01'];
    const first = await emrJson<{ record: TransactionRecord }>('dr.amari', ...upload);
    summary = first.record;
    expect(first).toMatchObject({
      alreadyFiled: false,
      record: {
        author: 'dr.amari',
        patient: 'patient-01',
        info: { category: 'medical-information', contentType: 'application/fhir+json' },
      },
    });
    await expect(emrJson('dr.amari', ...upload)).resolves.toMatchObject({
      alreadyFiled: true,
      record: { recordId: summary.recordId },
    });
  });

  it('keeps the emergency summary current with it, and shows it on one page', async () => {
    const { stdout, stderr } = await emr('patient-01', 'summary', 'show');
    expect([stdout.split('\n')[0], stderr]).toEqual([
      expect.stringMatching(/^EMERGENCY SUMMARY /),
      '',
    ]);
    expect(stdout).toMatch(/^ALLERGIES AND INTOLERANCES\n[! ] \w/m);
    const show = ['summary', 'show', '--patient', 'patient-01'];
    await expect(emr('dr.weber', ...show)).resolves.toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringContaining('emr summary refresh'),
    });
  });

  it('makes one whole summary of it, once', async () => {
    const first = await emrJson<{ record: TransactionRecord }>(
      ...(['patient-01', 'summary', 'refresh'] as const),
    );
    expect(first).toMatchObject({ isUnchanged: false, record: { author: 'patient-01' } });
    await expect(emrJson('patient-01', 'summary', 'refresh')).resolves.toMatchObject({
      isUnchanged: true,
      record: first.record,
    });
  });

  it('files what a patient uploads and seals', async () => {
    const upload = ['upload', inFolder('ct.dcm'), '--patient', 'patient-01', '--seal'];
    const filed = await emrJson<{ record: TransactionRecord }>('patient-01', ...upload);
    image = filed.record;
    expect(image.info).toMatchObject({ category: 'medical-imaging', securityLevel: 'sealed' });
  });

  it('wants to know whose record a doctor uploads', async () => {
    const { exitCode, stderr } = await emr('dr.amari', 'upload', inFolder('ct.dcm'));
    expect([exitCode, stderr]).toEqual([2, 'emr: say whose record it is with --patient\n']);
  });

  it('denies a physician without a grant and leaves no file', async () => {
    const { exitCode, stderr, stdout } = await emr(
      'dr.weber',
      ...['fetch', summary.recordId, '-o', inFolder('denied.json')],
    );
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^emr: the patient has granted you no access to record /);
    expect(await readdir(folder)).not.toContain('denied.json');
  });

  it('lets a patient grant categories, and list the grant', async () => {
    const { grant } = await emrJson<{ grant: Grant }>(
      'patient-01',
      ...['grant', 'dr.weber', '--category', 'medical-information', '--purpose', 'TREAT'],
      ...['--purpose', 'CAREMGT', '--for', '30d'],
    );
    grantId = grant.body.grantId;
    expect(grant.body).toMatchObject({
      coverage: { kind: 'categories', categories: ['medical-information'] },
      threshold: 2,
      rule: { grantee: 'dr.weber', purposes: ['TREAT', 'CAREMGT'] },
    });
    const { stdout } = await emr('patient-01', 'grants');
    expect(stdout).toMatch(/^GRANT +PATIENT +TO +COVERS +FOR +UNTIL +STATE\n/);
    expect(stdout).toMatch(
      new RegExp(`${short(grantId)}.*dr.weber +medical-information +TREAT, CAREMGT .*active\n$`),
    );
  });

  it('shows the grantee the granted records only', async () => {
    const { records } = await emrJson<{ records: TransactionRecord[] }>('dr.weber', 'records');
    expect(records).toEqual([summary]);
  });

  it('fetches by the first digits, byte-identical, and replaces no file unasked', async () => {
    const output = inFolder('fetched.json');
    const fetch = ['fetch', short(summary.recordId), '-o', output];
    await expect(emrJson('dr.weber', ...fetch)).resolves.toMatchObject({
      ticket: { purpose: 'TREAT', reader: 'dr.weber' },
      output,
      sha256: sha256(patientSummaryJson()),
    });
    expect(sha256(await readFile(output))).toBe(sha256(patientSummaryJson()));
    await expect(emr('dr.weber', ...fetch)).resolves.toMatchObject({
      exitCode: 5,
      stderr: `emr: ${output} exists already; replace it with --force\n`,
    });
    await expect(emr('dr.weber', ...fetch, '--force')).resolves.toMatchObject({ exitCode: 0 });
  });

  it('writes the content to stdout and the rest to stderr', async () => {
    const { bytes, stderr } = await emr('patient-01', 'fetch', short(image.recordId), '-o', '-');
    expect(sha256(bytes)).toBe(sha256(ctImage()));
    expect(stderr).toMatch(/^Fetched 9\.3 kB \(application\/dicom\) of patient-01 into stdout/);
  });

  it('denies what the grant does not cover, in scope and in purpose', async () => {
    const outside = ['fetch', image.recordId, '-o', inFolder('outside.dcm')];
    const { exitCode, stderr } = await emr('dr.weber', '--json', ...outside);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'SCOPE_NOT_GRANTED',
        message: `grant ${grantId} does not cover record ${image.recordId}`,
        hint: expect.stringContaining('emr grant'),
        details: { grantId, recordId: image.recordId },
      },
    });
    const research = ['fetch', summary.recordId, '-o', '-', '--purpose', 'HRESCH'];
    await expect(emr('dr.weber', ...research)).resolves.toMatchObject({ exitCode: 3, stdout: '' });
    expect((await readdir(folder)).filter((name) => name.includes('outside'))).toEqual([]);
  });

  it('revokes by the first digits, with a receipt of every organization', async () => {
    const { receipt } = await emrJson<{ receipt: RevocationReceipt }>(
      'patient-01',
      ...['revoke', short(grantId)],
    );
    expect(receipt).toMatchObject({ grantId });
    expect(receipt.purged.map(({ mspId, scopes }) => [mspId, scopes.length])).toEqual([
      ['HospAMSP', 1],
      ['HospBMSP', 1],
      ['HospCMSP', 1],
    ]);
    const fetch = ['fetch', summary.recordId, '-o', inFolder('revoked.json')];
    await expect(emr('dr.weber', ...fetch)).resolves.toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('was revoked at'),
    });
  });

  it('shows the patient who read what, when and why', async () => {
    const { entries } = await emrJson<{ entries: AuditEntry[] }>('patient-01', 'log', '--reads');
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      actor: 'dr.weber',
      mspId: 'HospBMSP',
      recordId: summary.recordId,
      purpose: 'TREAT',
    });
    const { stdout } = await emr('patient-01', 'log', '--since', '1h');
    expect(stdout).toMatch(/dr\.weber +HospBMSP +READ +\w{12} +\w{12} +TREAT\n/);
  });

  it('keeps the log from others', async () => {
    const log = ['log', '--patient', 'patient-01'];
    await expect(emr('dr.amari', ...log)).resolves.toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('answers IDs that name nothing or nobody', async () => {
    const fetch = ['fetch', 'ffffffff', '-o', '-'];
    await expect(emr('dr.weber', ...fetch)).resolves.toMatchObject({ exitCode: 4 });
    await expect(emr('patient-01', 'revoke', 'ffffffff')).resolves.toMatchObject({ exitCode: 4 });
    const grant = ['grant', 'dr.nobody', '--category', 'medicine', '--for', '1d'];
    await expect(emr('patient-01', ...grant)).resolves.toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('no user dr.nobody is registered'),
    });
  });

  it('verifies every copy of the ledger', async () => {
    const report = await emrJson<{ organizations: { headSha256: string }[] }>(
      'patient-01',
      'verify',
    );
    expect(report.organizations).toHaveLength(3);
    expect(new Set(report.organizations.map(({ headSha256 }) => headSha256)).size).toBe(1);
  });

  it('never says a passphrase, a private key, a stack or an escape sequence', () => {
    const all = said.join('');
    for (const passphrase of Object.values(PASSPHRASES)) expect(all).not.toContain(passphrase);
    expect(all).not.toMatch(/PRIVATE KEY|seedHex| {4}at |\.js:\d|\u001b/);
  });
});
