/**
 * `emr network admin roster` and `refresh-shares` with `--embedded`: a hospital leaves the circle of
 * custodians of one data directory, and an emergency opens with the others' new shares.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RefreshReport } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { Audience, AudienceTicket, Role, RosterSupport } from '@emr-share/model';
import { patientSummaryJson } from '../../src/demo/samples/patient-summary.js';
import { answerOf, refusalOf } from '../support/answers.js';
import { emrHere, type Ran } from '../support/capture.js';
import { QUICK_SCRYPT } from '../support/quick-scrypt.js';

const PASSPHRASE = 'four blue hospital doors';
const PEOPLE = {
  'patient-01': ['HospAMSP', 'patient'],
  'dr.erika': ['HospBMSP', 'emergency-physician'],
  'dr.frank': ['HospCMSP', 'emergency-physician'],
} as const satisfies Record<string, readonly [string, Role]>;
type User = keyof typeof PEOPLE;

let folder: string;
const inFolder = (name: string): string => join(folder, name);

const emr = (args: readonly string[], user: User = 'patient-01'): Promise<Ran> =>
  emrHere(['--json', ...args], {
    EMR_DATA: inFolder('data'),
    EMR_USER: user,
    EMR_PASSPHRASE_FILE: inFolder('passphrase'),
  });
const admin = (...args: string[]): Promise<Ran> => emr(['network', 'admin', ...args, '--embedded']);
const roster = async (...args: string[]): Promise<RosterSupport> =>
  answerOf(await admin('roster', ...args)) as RosterSupport;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-roster-'));
  await mkdir(inFolder('data/keystores'), { recursive: true });
  await writeFile(inFolder('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(inFolder('summary.json'), patientSummaryJson());
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('emr network admin … --embedded', () => {
  it('founds nothing by itself', async () => {
    const ran = await admin('roster', 'show');
    expect([ran.exitCode, refusalOf(ran).code]).toEqual([2, 'USAGE']);
    expect(refusalOf(ran).message).toMatch(/^there is no embedded consortium in /);
  });

  it('hands the shares on when a hospital leaves, and an emergency opens without it', async () => {
    for (const [userId, [mspId, role]] of Object.entries(PEOPLE) as [User, [string, Role]][]) {
      const scryptCost = QUICK_SCRYPT;
      const facts = { userId, mspId, role, passphrase: PASSPHRASE, scryptCost };
      await KeystoreFile.create(inFolder(`data/keystores/${userId}.json`), facts);
      expect(await emr(['register'], userId)).toMatchObject({ exitCode: 0 });
    }
    answerOf(await emr(['upload', inFolder('summary.json')]));

    const proposed = await roster('propose', 'hospb', 'hospb', 'HospCMSP');
    expect(proposed).toMatchObject({ supporters: ['HospBMSP'], adopted: false });
    const approved = await roster('approve', 'hospc', 'hospb');
    expect(approved).toMatchObject({
      adopted: true,
      roster: { number: 1, custodians: ['HospBMSP', 'HospCMSP'], threshold: 2 },
    });
    const ran = await admin('refresh-shares');
    const { reports } = JSON.parse(ran.stdout) as { reports: RefreshReport[] };
    expect(reports.map(({ waiting }) => waiting.scopes)).toEqual([0, 0, 0]);
    expect(reports.reduce((sum, { done }) => sum + done.activate, 0)).toBeGreaterThan(0);

    const declare = ['emergency', 'declare', 'patient-01', '--reason', 'unconscious'];
    const { ticket } = answerOf(await emr(declare, 'dr.erika')) as { ticket: AudienceTicket };
    answerOf(await emr(['emergency', 'approve', ticket.ticketId], 'dr.frank'));
    const opened = await emr(['emergency', 'open', ticket.ticketId], 'dr.erika');
    expect([opened.exitCode, opened.stderr]).toEqual([0, '']);
    const { rule } = answerOf(await emr(['emergency', 'rule'])) as { rule: Audience };
    expect(rule.sharings?.map(({ links }) => links.at(-1)?.roster)).toEqual(
      rule.scopes.map(() => 1),
    );
  });

  it.each([
    ['roster propose hospx hospa hospb', /^there is no hospital hospx on this host/],
    ['roster propose hospa hospa nowhere', /^there is no hospital nowhere in this network/],
    ['refresh-shares moon', /^there is no hospital moon on this host/],
    ['roster show --dir DIR', /cannot be used with/],
  ])('refuses: %s', async (line, message) => {
    const ran = await admin(...line.replace('DIR', folder).split(' '));
    const refused = refusalOf(ran);
    expect([ran.exitCode, refused.code]).toEqual([2, 'USAGE']);
    expect(refused.message).toMatch(message);
  });
});
