/** `emr emergency` and `emr audience`, from the rule to the review, in one data directory. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { Audience, AudienceTicket, Role, TransactionRecord } from '@emr-share/model';
import { patientSummaryJson } from '../src/demo/samples/patient-summary.js';
import { answerOf, refusalOf } from './support/answers.js';
import { emrHere, type Ran } from './support/capture.js';
import { QUICK_SCRYPT } from './support/quick-scrypt.js';

const PASSPHRASE = 'four blue hospital doors';
const WORDS = 'found at the station, no card, bleeding';
const PEOPLE = {
  'patient-01': ['HospAMSP', 'patient'],
  'dr.erika': ['HospBMSP', 'emergency-physician'],
  'dr.frank': ['HospCMSP', 'emergency-physician'],
  'dr.weber': ['HospBMSP', 'physician', 'cardiology'],
  'officer.c': ['HospCMSP', 'privacy-officer'],
} as const satisfies Record<string, readonly [string, Role, string?]>;
type User = keyof typeof PEOPLE;

let folder: string;
const inFolder = (name: string): string => join(folder, name);

function emr(user: User, ...args: string[]): Promise<Ran> {
  return emrHere(args, {
    EMR_DATA: inFolder('data'),
    EMR_USER: user,
    EMR_PASSPHRASE_FILE: inFolder('passphrase'),
  });
}

const emrJson = async <T>(user: User, ...args: string[]): Promise<T> =>
  answerOf(await emr(user, '--json', ...args)) as T;

async function refusal(user: User, ...args: string[]): Promise<[number, string]> {
  const ran = await emr(user, '--json', ...args);
  return [ran.exitCode, refusalOf(ran).code];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-emergency-'));
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(inFolder('summary.json'), patientSummaryJson());
  await writeFile(inFolder('words'), `${WORDS}\n`);
  for (const [userId, [mspId, role, department]] of Object.entries(PEOPLE) as [
    User,
    readonly [string, Role, string?],
  ][]) {
    await KeystoreFile.create(inFolder(`data/keystores/${userId}.json`), {
      userId,
      mspId,
      role,
      passphrase: PASSPHRASE,
      scryptCost: QUICK_SCRYPT,
      ...(department === undefined ? {} : { department }),
    });
    // The first call says that it founds a consortium.
    expect(await emr(userId, 'register')).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('emr emergency', () => {
  let ticketId: string;

  it('shows the rule that a patient registered with', async () => {
    const { stdout } = await emr('patient-01', 'emergency', 'rule');
    expect(stdout).toMatch(/covers +emergency-summary, prescription\n/);
    expect(stdout).toMatch(/approvals +1 of other organizations, on-duty services included\n/);
    expect(stdout).toMatch(/a ticket lasts +2 hours\n/);
  });

  it('declares, and opens nothing before another hospital has approved', async () => {
    await emrJson('patient-01', 'upload', inFolder('summary.json'));
    const declared = await emrJson<{ ticket: AudienceTicket }>(
      'dr.erika',
      ...['emergency', 'declare', 'patient-01', '--reason', 'unconscious'],
      ...['--words', inFolder('words')],
    );
    ({ ticketId } = declared.ticket);
    expect(declared.ticket).toMatchObject({ reader: 'dr.erika', approvals: [] });
    expect(JSON.stringify(declared)).not.toContain('station');
    expect(await refusal('dr.erika', 'emergency', 'open', ticketId)).toEqual([
      3,
      'APPROVALS_MISSING',
    ]);
    expect(await refusal('dr.erika', 'emergency', 'approve', ticketId)).toEqual([
      3,
      'APPROVAL_REFUSED',
    ]);
    const { stdout } = await emr('dr.frank', 'emergency', 'approve', ticketId);
    expect(stdout).toMatch(/approved by +dr\.frank \(HospCMSP\)\nstate +open until /);
  });

  it('shows the summary on one page, to the physician of the ticket alone', async () => {
    const { stdout, exitCode } = await emr('dr.erika', 'emergency', 'open', ticketId.slice(0, 8));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^EMERGENCY SUMMARY /);
    expect(stdout).toContain('ALLERGIES AND INTOLERANCES');
    expect(await refusal('dr.frank', 'emergency', 'open', ticketId)).toEqual([
      3,
      'TICKET_MISMATCH',
    ]);
  });

  it('gives the words of the reason to the patient and to officers alone', async () => {
    const reason = ['emergency', 'reason', ticketId.slice(0, 8)];
    expect(await emrJson('patient-01', ...reason)).toEqual({ words: WORDS });
    expect(await emrJson('officer.c', ...reason)).toEqual({ words: WORDS });
    expect(await refusal('dr.frank', 'emergency', 'reason', ticketId)).toEqual([3, 'ROLE_DENIED']);
  });

  it('ends it early, and has it reviewed', async () => {
    const { stdout } = await emr('patient-01', 'emergency', 'end', ticketId.slice(0, 8));
    expect(stdout).toMatch(/state +ended early by patient-01\nreview +not reviewed/);
    expect(await refusal('dr.erika', 'emergency', 'open', ticketId)).toEqual([3, 'TICKET_ENDED']);
    const listed = await emr('officer.c', 'emergency', 'list', '--unreviewed');
    expect(listed.stdout).toContain(ticketId.slice(0, 12));
    const reviewed = await emr('officer.c', 'emergency', 'review', ticketId, 'cleared');
    expect(reviewed.stdout).toMatch(/review +cleared by officer\.c/);
    const left = await emrJson<{ tickets: unknown[] }>(
      'officer.c',
      ...['emergency', 'list', '--unreviewed'],
    );
    expect(left.tickets).toEqual([]);
  });

  it('opens at once with an approval that was signed beforehand', async () => {
    const prepared = await emr('dr.erika', 'emergency', 'prepare', 'patient-01');
    await writeFile(inFolder('request.json'), prepared.stdout);
    const signed = await emr('dr.frank', 'emergency', 'sign', inFolder('request.json'));
    await writeFile(inFolder('approval.json'), signed.stdout);
    const request = JSON.parse(prepared.stdout) as { ticketId: string };
    const { stdout } = await emr(
      'dr.erika',
      ...['emergency', 'declare', 'patient-01', '--reason', 'life-threatening'],
      ...['--ticket', request.ticketId, '--approval', inFolder('approval.json')],
    );
    expect(stdout).toMatch(/state +open until /);
    expect(stdout).toContain(`Next: emr emergency open ${request.ticketId}`);
  });

  it('lets nobody in after the patient has opted out', async () => {
    const { stdout } = await emr('patient-01', 'emergency', 'opt-out');
    expect(stdout).toMatch(/^You have opted out\./);
    const declare = ['emergency', 'declare', 'patient-01', '--reason', 'unconscious'];
    expect(await refusal('dr.erika', ...declare)).toEqual([3, 'AUDIENCE_OPTED_OUT']);
    const rule = await emr('patient-01', 'emergency', 'rule');
    expect(rule.stdout).toBe('You have opted out: nothing opens your records in an emergency.\n');
  });

  it('refuses a file that is no approval, and one that is too long', async () => {
    const declare = ['emergency', 'declare', 'patient-01', '--reason', 'unconscious'];
    const notOne = [...declare, '--approval', inFolder('summary.json')];
    expect(await refusal('dr.erika', ...notOne)).toEqual([2, 'INPUT_INVALID']);
    await writeFile(inFolder('huge'), 'a'.repeat(100_000));
    const tooLong = [...declare, '--words', inFolder('huge')];
    expect(await refusal('dr.erika', ...tooLong)).toEqual([2, 'FILE_UNREADABLE']);
    const missing = [...declare, '--words', inFolder('none')];
    expect(await refusal('dr.erika', ...missing)).toEqual([2, 'FILE_UNREADABLE']);
  });
});

describe('emr audience', () => {
  it('lets in who has the attributes, and ends', async () => {
    const { audience } = await emrJson<{ audience: Audience }>(
      'patient-01',
      ...['audience', 'create', '--category', 'medical-information', '--role', 'physician'],
      ...['--department', 'cardiology', '--for', '30d'],
    );
    const { ticket } = await emrJson<{ ticket: AudienceTicket }>(
      'dr.weber',
      ...['audience', 'request', 'patient-01'],
    );
    await mkdir(inFolder('opened'));
    const { records } = await emrJson<{
      records: { record: TransactionRecord; file: string }[];
    }>('dr.weber', 'audience', 'open', ticket.ticketId, '--into', inFolder('opened'));
    expect(records).toHaveLength(1);
    const written = await readFile(records[0]!.file);
    expect(written.equals(patientSummaryJson())).toBe(true);
    expect(await refusal('dr.erika', 'audience', 'request', 'patient-01')).toEqual([
      3,
      'AUDIENCE_OPTED_OUT',
    ]);
    const ended = await emr('patient-01', 'audience', 'end', audience.body.audienceId.slice(0, 8));
    expect(ended.stdout).toMatch(/^Rule [0-9a-f]{32} ended at /);
    expect(ended.stdout).toMatch(/HospAMSP +1\nHospBMSP +1\nHospCMSP +1\n$/);
    const { stdout: listed } = await emr('patient-01', 'audience', 'list');
    expect(listed).toMatch(/ended, no share left\n/);
    expect(await refusal('dr.weber', 'audience', 'open', ticket.ticketId)).toEqual([
      3,
      'AUDIENCE_ENDED',
    ]);
  });

  it('asks for an end, and for what is to be read', async () => {
    const create = ['audience', 'create', '--category', 'omics', '--role', 'researcher'];
    expect(await refusal('patient-01', ...create)).toEqual([2, 'USAGE']);
    expect(await refusal('patient-01', ...create, '--until', '2001-01-01')).toEqual([2, 'USAGE']);
    expect(await refusal('patient-01', 'audience', 'create', '--for', '1d')).toEqual([2, 'USAGE']);
  });
});
