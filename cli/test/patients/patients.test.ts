/** Finding a patient: by card, by QR code, and by the hospital's own index. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cardText } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { AudienceTicket, Role } from '@emr-share/model';
import { answerOf, refusalOf, type Refusal } from '../support/answers.js';
import { emrHere, type Ran } from '../support/capture.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

const PASSPHRASE = 'four blue hospital doors';
const CSV = `patient;name;born;sex;mrn
patient-01;"Ana ""Nana"" Sample";1978-05-14;f;4711
patient-02;"Sample; Anna";1978-05-14;m;4712
`;
const PEOPLE = {
  'patient-01': ['HospAMSP', 'patient'],
  'dr.erika': ['HospBMSP', 'emergency-physician'],
} as const satisfies Record<string, readonly [string, Role]>;
type User = keyof typeof PEOPLE;

let folder: string;
const inFolder = (name: string): string => join(folder, name);

function emr(user: User, ...args: string[]): Promise<Ran> {
  return emrHere(args, {
    EMR_DATA: inFolder('data'),
    EMR_USER: user,
    EMR_PASSPHRASE_FILE: inFolder('passphrase'),
    EMR_INDEX: inFolder('index'),
  });
}

const emrJson = async <T>(user: User, ...args: string[]): Promise<T> =>
  answerOf(await emr(user, '--json', ...args)) as T;

const refusal = async (...args: string[]): Promise<Refusal> =>
  refusalOf(await emr('dr.erika', '--json', ...args));

const declare = (...how: string[]) => ['emergency', 'declare', '--reason', 'unconscious', ...how];

async function patientOf(...how: string[]): Promise<string> {
  const { ticket } = await emrJson<{ ticket: AudienceTicket }>('dr.erika', ...declare(...how));
  return ticket.patient;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-patients-'));
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  for (const [userId, [mspId, role]] of Object.entries(PEOPLE) as [User, [string, Role]][]) {
    await KeystoreFile.create(inFolder(`data/keystores/${userId}.json`), {
      userId,
      mspId,
      role,
      passphrase: PASSPHRASE,
      scryptCost: QUICK_SCRYPT,
    });
    expect(await emr(userId, 'register')).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('emr card', () => {
  const userId = 'patient-01';
  const mspId = 'HospAMSP';

  it('shows the text and a QR code', async () => {
    const { stdout } = await emr('patient-01', 'card');
    expect(stdout).toMatch(/█\n/);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^EMR1( [A-Z0-9]{1,4})+$/);
  });

  it('writes a sheet with the code, and without what names or opens', async () => {
    await emr('patient-01', 'card', '-o', inFolder('card.html'));
    const sheet = await readFile(inFolder('card.html'), 'utf8');
    expect(sheet).toMatch(/<svg [\s\S]+EMR1 [\s\S]+emr emergency declare --card/);
    const { verifyingKey, readerKey } = await KeystoreFile.read(
      inFolder('data/keystores/patient-01.json'),
    );
    expect(sheet).not.toContain(verifyingKey);
    expect(sheet).not.toContain(readerKey);
    expect(await emr('patient-01', 'card', '-o', inFolder('card.html'))).toMatchObject({
      exitCode: 5,
    });
  });

  it('refuses who is no patient, and a form that it does not know', async () => {
    expect((await refusal('card')).message).toMatch(/only patients have a card/);
    expect(await emr('patient-01', 'card', '-o', inFolder('card.doc'))).toMatchObject({
      exitCode: 2,
    });
  });

  it('finds the patient, typed in or as a picture of the QR code', async () => {
    for (const name of ['card.png', 'card.txt'])
      await emr('patient-01', 'card', '-o', inFolder(name));
    const typed = cardText({ userId, mspId }).toLowerCase();
    for (const card of [typed, inFolder('card.png'), inFolder('card.txt')]) {
      expect(await patientOf('--card', card)).toBe(userId);
    }
  });

  it('is refused with an error in it, damaged, or of another hospital', async () => {
    const text = cardText({ userId, mspId });
    const wrong = `${text.slice(0, 9)}${text[9] === 'Q' ? 'P' : 'Q'}${text.slice(10)}`;
    const picture = await readFile(inFolder('card.png'));
    await writeFile(inFolder('torn.png'), picture.subarray(0, 200));
    for (const card of [wrong, 'ENR1 QQQQ', inFolder('torn.png')]) {
      expect(await refusal(...declare('--card', card))).toMatchObject({ code: 'CARD_INVALID' });
    }
    const foreign = cardText({ userId, mspId: 'HospCMSP' });
    expect(await refusal(...declare('--card', foreign))).toMatchObject({ code: 'CARD_MISMATCH' });
  });
});

describe('emr index', () => {
  it('imports CSV, and finds by number', async () => {
    await writeFile(inFolder('patients.csv'), CSV);
    const imported = await emrJson('dr.erika', 'index', 'import', inFolder('patients.csv'));
    expect(imported).toEqual({ imported: 2 });
    const { stdout } = await emr('dr.erika', 'index', 'find', '--mrn', '4711');
    expect(stdout).toMatch(/^patient +patient-01\nname +Ana "Nana" Sample\nborn +1978-05-14\n/);
  });

  it('imports FHIR Patient resources', async () => {
    const resource = {
      resourceType: 'Patient',
      identifier: [
        { system: 'urn:emr-share:user-id', value: 'patient-03' },
        { system: 'urn:mrn', value: '0815' },
      ],
      name: [{ family: 'Ortiz', given: ['Benedict'] }],
      birthDate: '2000-01-29',
      gender: 'male',
    };
    await writeFile(inFolder('patient.json'), JSON.stringify(resource));
    await emrJson('dr.erika', 'index', 'import', inFolder('patient.json'));
    await writeFile(inFolder('who'), 'name: ortiz\nborn: 2000-01-29\n');
    const found = await emrJson<{ patients: { patient: string }[] }>(
      'dr.erika',
      ...['index', 'find', '--find', inFolder('who')],
    );
    expect(found.patients).toMatchObject([{ patient: 'patient-03' }]);
  });

  it('shows whom it found before the emergency is declared', async () => {
    const { stdout, stderr } = await emr('dr.erika', ...declare('--mrn', '4711'));
    expect(stderr).toMatch(/In the index:\npatient +patient-01\nname +Ana "Nana" Sample\n/);
    expect(stdout).toMatch(/^Declared:\n/);
    await writeFile(inFolder('who'), 'name: Sample Ana\nborn: 1978-05-14\n');
    expect(await patientOf('--find', inFolder('who'))).toBe('patient-01');
  });

  it('declares nothing where several fit, or nobody', async () => {
    await writeFile(inFolder('who'), 'name: Sample\nborn: 1978-05-14\n');
    expect(await refusal(...declare('--find', inFolder('who')))).toEqual({
      code: 'PATIENT_AMBIGUOUS',
      message: "2 patients of the index fit; add the hospital's number of the patient, or the sex",
      details: { count: 2, add: "the hospital's number of the patient, or the sex" },
    });
    await writeFile(inFolder('who'), 'name: Sample\nborn: 1978-05-14\nsex: female\n');
    expect(await patientOf('--find', inFolder('who'))).toBe('patient-01');
    expect(await refusal(...declare('--mrn', '9999'))).toMatchObject({
      code: 'PATIENT_NOT_INDEXED',
    });
    expect(await refusal(...declare())).toMatchObject({ code: 'USAGE' });
    expect(await refusal(...declare('patient-01', '--mrn', '1'))).toMatchObject({ code: 'USAGE' });
  });

  it.each([
    ['no header', 'patient-09;Secret Name;1990-01-01\n'],
    ['no column patient', 'name;born\nSecret Name;1990-01-01\n'],
    ['a date that is none', 'patient;name;born\npatient-09;Secret Name;1990-13-01\n'],
    ['an ID that is none', 'patient;name\nSecret Name;Secret Name\n'],
    ['a quote that does not end', 'patient;name\npatient-09;"Secret Name\n'],
    ['a quote within a field', 'patient;name\npatient-09;Secret "Name\n'],
    ['a row that is too short', 'patient;name;mrn\npatient-09;Secret Name\n'],
    ['a patient twice', 'patient;name\npatient-09;Secret Name\npatient-09;Other Name\n'],
    ['a row without an end', `patient;name\npatient-09;"${'Secret Name'.repeat(10_000)}`],
    ['JSON that is none', '{"resourceType":"Patient","name":"Secret Name'],
  ])('imports nothing of a file with %s, and repeats nothing of it', async (_what, text) => {
    await writeFile(inFolder('bad.csv'), text);
    const { code, message } = await refusal('index', 'import', inFolder('bad.csv'));
    expect([code, message]).toEqual(['INPUT_INVALID', expect.not.stringContaining('Secret')]);
    expect(await refusal(...declare('--find', inFolder('who'), '--mrn', 'x'))).toMatchObject({
      code: 'PATIENT_NOT_INDEXED',
    });
  });

  it('adds, replaces and forgets one patient', async () => {
    await writeFile(
      inFolder('facts'),
      'name: Eva Newmann\nborn: 1960-02-29\nmrn: 99\nsex: female\n',
    );
    await emr('dr.erika', 'index', 'add', 'patient-04', '--facts', inFolder('facts'));
    const { stdout } = await emr('dr.erika', 'index', 'find', '--mrn', '99');
    expect(stdout).toContain('Eva Newmann');
    expect(await emr('dr.erika', 'index', 'remove', 'patient-04')).toMatchObject({ exitCode: 0 });
    expect(await refusal('index', 'remove', 'patient-04')).toMatchObject({
      code: 'PATIENT_NOT_INDEXED',
    });
  });

  it('leaves no name or number in any file of the ledger or the index', async () => {
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const kept = files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => path.startsWith(inFolder('data')) || path.startsWith(inFolder('index')));
    expect(kept.length).toBeGreaterThan(10);
    for (const path of kept) {
      expect((await readFile(path)).toString('latin1')).not.toMatch(/Nana|Sample|Newmann|1978-05/i);
    }
  });
});
