import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DemoReport } from '../../src/demo/report.js';
import { writeSampleRecords } from '../../src/demo/record-files.js';
import { buildCli, runProgram } from '../support/emr-process.js';
import { sharedData, sharedFiles } from '../support/shared-data.js';

let folder: string;
const inFolder = (name: string): string => join(folder, name);
const demo = (args: readonly string[]): ReturnType<typeof runProgram> =>
  runProgram('demo/main.js', args, { env: { TMPDIR: folder } });

beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), 'emr-demo-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function reportIn(name: string): Promise<DemoReport> {
  return JSON.parse(await readFile(inFolder(name), 'utf8')) as DemoReport;
}

async function expectFilesAsReported(report: DemoReport, directory: string): Promise<void> {
  for (const {
    file,
    sizeBytes,
    plaintextSha256,
    fetchedSha256,
    ciphertextSha256,
  } of report.records) {
    const bytes = await readFile(join(directory, file));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect([file, bytes.length, sha256, sha256]).toEqual([
      file,
      sizeBytes,
      plaintextSha256,
      fetchedSha256,
    ]);
    expect(ciphertextSha256).not.toBe(sha256);
  }
}

const EXPECTED_REFUSALS = [
  'ACCESS_DENIED',
  'SCOPE_NOT_GRANTED',
  'PURPOSE_DENIED',
  'CALLER_UNREGISTERED',
  'SIGNER_UNREGISTERED',
  'SIGNER_MISMATCH',
  'SIGNATURE_INVALID',
  'RECORD_EXISTS',
  'BLOB_CORRUPT',
  'APPROVALS_MISSING',
  'AUDIENCE_SCOPE_MISSING',
  'TICKET_ENDED',
  'SHARE_MISSING',
  'GRANT_EXPIRED',
  'GRANT_REVOKED',
  'DECRYPTION_FAILED',
  'RECOVERY_APPROVALS_MISSING',
  'RECOVERY_VETOED',
  'ROTATION_STALE',
];

describe('npm run demo', () => {
  it('tells the story of the built-in patient, reports it, and leaves nothing behind', async () => {
    const before = await readdir(folder);
    const { exitCode, stdout, stderr } = await demo(['--json', inFolder('report.json')]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/everything as it must be, in \d+\.\d s\.\n$/);
    expect(stdout).not.toContain('\u001b');
    expect(await readdir(folder)).toEqual([...before, 'report.json'].sort());

    const report = await reportIn('report.json');
    expect(report.backend).toBe('embedded');
    expect(report.records.map(({ category, contentType }) => [category, contentType])).toEqual([
      ['medical-imaging', 'application/dicom'],
      ['medical-information', 'application/fhir+json'],
      ['clinical-observation', 'text/csv'],
    ]);
    const refused = report.steps.filter(({ outcome }) => outcome === 'denied');
    expect(refused.map(({ code }) => code)).toEqual(EXPECTED_REFUSALS);
    await writeSampleRecords(inFolder('samples'));
    await expectFilesAsReported(report, inFolder('samples'));
  });

  const shared = sharedFiles();
  (shared.length > 0 ? it : it.skip)('fetches every real file byte-identical', async () => {
    const directory = sharedData()!;
    const args = ['--records', directory, '--json', inFolder('shared.json')];
    expect(await demo([...args, '--keep', inFolder('kept')])).toMatchObject({ exitCode: 0 });
    const report = await reportIn('shared.json');
    expect(report.records.map(({ file }) => join(directory, file)).sort()).toEqual(shared.sort());
    await expectFilesAsReported(report, directory);
    expect(await readdir(inFolder('kept'))).toEqual(['consortium']);
  });

  it('refuses a bad file by name before anything is set up', async () => {
    await writeSampleRecords(inFolder('bad'));
    await mkdir(inFolder('bad/deeper'));
    await writeFile(inFolder('bad/deeper/scan.dcm'), 'not DICOM');
    const { exitCode, stdout, stderr } = await demo(['--records', inFolder('bad')]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^emr: .*deeper\/scan\.dcm is not valid: .*DICM/);
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    [
      'a folder without records',
      async () => {
        await mkdir(inFolder('none'));
        await writeFile(inFolder('none/notes.txt'), 'x');
        return ['--records', inFolder('none')];
      },
      /no \.json, \.dcm or \.csv file/,
    ],
    ['a missing folder', () => Promise.resolve(['--records', inFolder('x')]), /ENOENT/],
    ['an unknown option', () => Promise.resolve(['--record', 'x']), /Did you mean --records/],
    ['a report nowhere', () => Promise.resolve(['--json', inFolder('x/y')]), /folder is missing/],
    ['a full folder to keep', () => Promise.resolve(['--keep', folder]), /is not empty/],
  ])('refuses %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await demo(await args());
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('stops at Ctrl+C and leaves nothing behind', async () => {
    const before = await readdir(folder);
    const { exitCode, stderr } = await runProgram('demo/main.js', [], {
      env: { TMPDIR: folder },
      onStart: (child) => {
        child.stdout?.on('data', (text: Buffer) => {
          if (text.includes('Granting and reading')) child.kill('SIGINT');
        });
      },
    });
    expect([exitCode, stderr]).toEqual([130, 'emr: interrupted\n']);
    expect(await readdir(folder)).toEqual(before);
  });
});
