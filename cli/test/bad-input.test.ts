import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import { emrHere, type Ran } from './support/capture.js';
import { QUICK_SCRYPT } from './support/quick-scrypt.js';

const PASSPHRASE = 'four blue hospital doors';
const HUGE = 'a'.repeat(100_000);

let folder: string;
const inFolder = (name: string): string => join(folder, name);

/** A data directory with one keystore of low cost. */
async function dataWithKeystore(name: string): Promise<{ data: string; keystore: string }> {
  const data = inFolder(name);
  const keystore = join(data, 'keystores', 'patient-01.json');
  await mkdir(join(data, 'keystores'), { recursive: true });
  await KeystoreFile.create(keystore, {
    userId: 'patient-01',
    mspId: 'HospAMSP',
    role: 'patient',
    passphrase: PASSPHRASE,
    scryptCost: QUICK_SCRYPT,
  });
  return { data, keystore };
}

async function emr(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return emrHere(args, {
    EMR_DATA: inFolder('data'),
    EMR_PASSPHRASE_FILE: inFolder('passphrase'),
    ...env,
  });
}

/** What a refused call says: one line, or one and a hint; nothing on stdout. */
async function refusal(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<[exitCode: number, stderr: string]> {
  const { exitCode, stdout, stderr } = await emr(args, env);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^emr: [^\n]+\n( {5}[^\n]+\n)?$/);
  return [exitCode, stderr];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-bad-'));
  await dataWithKeystore('data');
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(inFolder('wrong'), 'not the passphrase\n', { mode: 0o600 });
  await writeFile(inFolder('empty'), '', { mode: 0o600 });
  await writeFile(inFolder('a.bin'), 'bytes');
  await writeFile(inFolder('a.csv'), 'a,b\n1,2\n');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('usage', () => {
  it.each<[string, string[], RegExp]>([
    ['no command', [], /no command given; emr --help/],
    ['an unknown command', ['uplaod', 'x'], /unknown command 'uplaod'.*upload/],
    ['an unknown option', ['records', '--patent', 'x'], /unknown option '--patent'.*--patient/],
    ['a missing argument', ['fetch', '-o', '-'], /missing required argument 'record'/],
    ['a missing option', ['fetch', 'abcdef'], /required option '-o, --output <file>'/],
    ['an option without its value', ['records', '--patient'], /argument missing/],
    ['too many arguments', ['records', 'x'], /too many arguments/],
    ['a user ID with a path in it', ['records', '--as', '../../etc/passwd'], /user ID/],
    ['a user ID in capitals', ['init', 'Ana Sample'], /3 to 64 of a–z/],
    ['a huge user ID', ['records', '--patient', HUGE], /user ID/],
    ['a role that does not exist', ['init', '--role', 'surgeon'], /Allowed choices are patient/],
    [
      'an unknown hospital',
      ['init', '--organization', 'HospDMSP'],
      /nobody of HospDMSP .* HospAMSP/,
    ],
    ['a department with spaces', ['init', '--department', 'The Ward'], /1 to 64 of/],
    ['an unknown category', ['upload', 'a', '--category', 'blood'], /medical-information/],
    ['a bad content type', ['upload', 'a', '--content-type', 'PDF; x=1'], /MIME type/],
    ['a bad record ID', ['upload', 'a', '--record-id', 'ABC'], /32 lower-case hex digits/],
    ['a short ID', ['fetch', 'abc', '-o', '-'], /first 6 or more/],
    ['a huge ID', ['fetch', HUGE, '-o', '-'], /first 6 or more/],
    ['an ID that is a path', ['revoke', '../../secret'], /first 6 or more/],
    ['a bad purpose', ['fetch', 'abcdef', '-o', '-', '--purpose', 'FUN'], /TREAT/],
    ['a bad date', ['log', '--since', 'yesterday'], /A date is 2026-12-31/],
    ['a bad wait', ['verify', '--wait', '-1'], /whole number of seconds/],
  ])('refuses %s', async (_what, args, message) => {
    const [exitCode, stderr] = await refusal(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.length).toBeLessThan(1000);
  });

  const grant = ['grant', 'dr.weber'];
  const medicine = ['--category', 'medicine'];
  it.each<[string, string[], RegExp]>([
    ['neither category nor record', [...grant, '--for', '1d'], /say what to grant/],
    ['both', [...grant, ...medicine, '--record', 'abcdef', '--for', '1d'], /say what to grant/],
    ['no end', [...grant, ...medicine], /say how long/],
    ['two ends', [...grant, ...medicine, '--for', '1d', '--until', '2099-01-01'], /say how long/],
    ['an end in the past', [...grant, ...medicine, '--until', '2020-01-01'], /is past/],
    ['a bad duration', [...grant, ...medicine, '--for', '30'], /A duration is a whole number/],
    ['an unknown category', [...grant, '--category', 'blood', '--for', '1d'], /medicine/],
    ['a bad purpose', [...grant, ...medicine, '--purpose', 'X', '--for', '1d'], /TREAT/],
    ['no custodians', [...grant, ...medicine, '--threshold', '0', '--for', '1d'], /organizations/],
  ])('refuses a grant with %s', async (_what, args, message) => {
    const [exitCode, stderr] = await refusal(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('never repeats what was attached to an unknown option', async () => {
    const [exitCode, stderr] = await refusal(['records', '--passphrase=hunter2hunter2']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("'--passphrase'")]);
    expect(stderr).not.toContain('hunter2');
  });

  it('reports as JSON also what it cannot parse', async () => {
    const { exitCode, stdout, stderr } = await emr(['records', '--bogus', '--json']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'USAGE', message: expect.stringContaining("'--bogus'"), details: {} },
    });
  });

  it('helps on stdout, with exit codes and environment', async () => {
    const { exitCode, stdout, stderr } = await emr(['--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/Exit codes:\n {4}0 {2}done\n/);
    expect(stdout).toContain('EMR_PASSPHRASE_FILE');
    await expect(emr(['grant', '--help'])).resolves.toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/--until <date>[\s\S]*Global Options:[\s\S]*--json/),
    });
    await expect(emr(['--version'])).resolves.toMatchObject({ exitCode: 0, stdout: '0.1.0\n' });
  });
});

describe('files', () => {
  const upload = (name: string): string[] => ['upload', inFolder(name), '--patient', 'patient-01'];

  it.each([
    ['a missing file', 'missing.json', /there is no such file/],
    ['a directory', 'data', /it is a directory/],
    ['an empty file', 'empty', /it is empty/],
    ['a hostile name', '\u001b[2J\u202e.csv', /cannot read .*\\x1b\[2J\\x202e\.csv/],
  ])('refuses to upload %s', async (_what, name, message) => {
    const [exitCode, stderr] = await refusal(upload(name));
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('asks for the category of what it does not know', async () => {
    const [exitCode, stderr] = await refusal(upload('a.bin'));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--category')]);
  });

  it.each([
    ['a directory', '', /it is a directory/],
    ['a folder that is missing', 'none/out', /its folder does not exist/],
    ['a folder that is a file', 'a.csv/out', /the system refuses \(ENOTDIR\)/],
    ['a name with a zero byte', 'a\0b', /the system refuses/],
  ])('refuses to fetch into %s', async (_what, name, message) => {
    const [exitCode, stderr] = await refusal(['fetch', 'abcdef', '-o', inFolder(name)]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('does not ask for access where the file is there already', async () => {
    const [exitCode, stderr] = await refusal(['fetch', 'abcdef', '-o', inFolder('a.csv')]);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('--force')]);
  });
});

describe('keystores and passphrases', () => {
  it('says how to make the first keystore', async () => {
    const [exitCode, stderr] = await refusal(['records', '--data', inFolder('nothing')]);
    expect(exitCode).toBe(8);
    expect(stderr).toMatch(/there is no keystore in .*\n {5}make one with: emr init\n/);
    await expect(stat(inFolder('nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a user without a keystore', async () => {
    const [exitCode, stderr] = await refusal(['whoami', '--as', 'dr.nobody']);
    expect([exitCode, stderr]).toEqual([8, expect.stringContaining('dr.nobody.json')]);
  });

  it('refuses a wrong passphrase', async () => {
    const [exitCode, stderr] = await refusal(['records', '--passphrase-file', inFolder('wrong')]);
    expect([exitCode, stderr]).toEqual([8, expect.stringContaining('does not open')]);
  });

  it.each([
    ['a missing passphrase file', 'missing', /cannot read the passphrase file/],
    ['an empty passphrase file', 'empty', /is not a passphrase/],
    ['a folder as passphrase file', 'data', /cannot read the passphrase file/],
  ])('refuses %s', async (_what, name, message) => {
    const [exitCode, stderr] = await refusal(['records', '--passphrase-file', inFolder(name)]);
    expect([exitCode, stderr]).toEqual([8, expect.stringMatching(message)]);
  });

  it('does not wait for a passphrase where there is no terminal', async () => {
    const [exitCode, stderr] = await refusal(['records'], { EMR_PASSPHRASE_FILE: '' });
    expect([exitCode, stderr]).toEqual([8, expect.stringContaining('--passphrase-file')]);
  });

  it('warns of a passphrase file that others can read', async () => {
    await writeFile(inFolder('open'), `${PASSPHRASE}\n`, { mode: 0o644 });
    const { stderr } = await emr(['records', '--passphrase-file', inFolder('open'), '--json']);
    const [warning, error] = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(warning).toMatchObject({ warning: { code: 'PASSPHRASE_EXPOSED' } });
    expect(error).toMatchObject({ error: { code: 'NOT_ENROLLED' } });
  });

  it('refuses a short passphrase and makes nothing', async () => {
    await writeFile(inFolder('short'), '1234567\n', { mode: 0o600 });
    const args = ['init', 'patient-02', '--passphrase-file', inFolder('short')];
    const [exitCode, stderr] = await refusal(args);
    expect([exitCode, stderr]).toEqual([8, expect.stringContaining('8 characters or more')]);
    const made = stat(join(inFolder('data'), 'keystores', 'patient-02.json'));
    await expect(made).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('never replaces a keystore', async () => {
    const [exitCode, stderr] = await refusal(['init', 'patient-01']);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('nothing was changed')]);
  });

  it('asks which of several users is meant', async () => {
    const { data, keystore } = await dataWithKeystore('two');
    await symlink(keystore, join(data, 'keystores', 'dr.weber.json'));
    await writeFile(join(data, 'keystores', 'README.txt'), 'not a keystore');
    const [exitCode, stderr] = await refusal(['records', '--data', data]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('dr.weber, patient-01')]);
  });

  it('refuses a user named badly in the environment', async () => {
    const [exitCode, stderr] = await refusal(['whoami'], { EMR_USER: '../patient-01' });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('EMR_USER')]);
  });

  it('refuses a keystore that others can read', async () => {
    const { data, keystore } = await dataWithKeystore('readable');
    await chmod(keystore, 0o644);
    const [exitCode, stderr] = await refusal(['records', '--data', data]);
    expect([exitCode, stderr]).toEqual([8, expect.stringMatching(/chmod 600|others/)]);
  });

  it('refuses a keystore that is damaged', async () => {
    const { data, keystore } = await dataWithKeystore('damaged');
    const damages = ['', '{', '[]', '{"format":"emr-share-keystore","version":2}', '\u0000'];
    for (const content of damages) {
      await writeFile(keystore, content);
      const [exitCode, stderr] = await refusal(['whoami', '--data', data]);
      expect([exitCode, stderr]).toEqual([8, expect.stringContaining('is not a keystore')]);
    }
  });
});

describe('the data directory', () => {
  it.each([['records'], ['init'], ['verify']])(
    'is refused to %s where it is a file',
    async (command) => {
      const [exitCode, stderr] = await refusal([command, '--data', inFolder('a.csv')]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/the data directory .*a\.csv cannot be used .*--data or EMR_DATA/);
    },
  );

  it('is refused where it cannot be made', async () => {
    const [exitCode, stderr] = await refusal(['init', '--data', '/dev/null/emr']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('ENOTDIR')]);
  });
});

describe('whoami, purposes and categories', () => {
  it('need no passphrase', async () => {
    const env = { EMR_PASSPHRASE_FILE: '' };
    const whoami = await emr(['whoami', '--json'], env);
    expect(JSON.parse(whoami.stdout)).toEqual({
      userId: 'patient-01',
      mspId: 'HospAMSP',
      role: 'patient',
      verifyingKey: expect.stringMatching(/^0[23][0-9a-f]{64}$/),
      readerKey: expect.stringMatching(/^0[23][0-9a-f]{64}$/),
      certificateValidUntil: null,
      keyNumber: 0,
      keystore: join(inFolder('data'), 'keystores', 'patient-01.json'),
    });
    expect((await emr(['purposes'], env)).stdout).toMatch(/^CODE +MEANING\nTREAT +treatment\n/);
    expect((await emr(['categories'], env)).stdout).toMatch(/\nmedical-imaging +private +R\n/);
  });
});
