import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Consortium } from '@emr-share/embedded';
import type { TransactionRecord } from '@emr-share/model';
import { buildCli, runProgram, type ProcessOptions } from '../support/emr-process.js';

const LARGE_BYTES = 48 * 1024 * 1024;
let folder: string;
const inFolder = (name: string): string => join(folder, name);
const blobs = (): string => join(inFolder('data'), 'consortium', 'blobs');

function emr(args: readonly string[], options: ProcessOptions = {}): ReturnType<typeof runProgram> {
  const env = {
    EMR_DATA: inFolder('data'),
    EMR_PASSPHRASE_FILE: inFolder('passphrase'),
    ...options.env,
  };
  return runProgram('main.js', args, { ...options, env });
}

beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), 'emr-endings-'));
  await writeFile(inFolder('passphrase'), 'four blue hospital doors\n', { mode: 0o600 });
  await writeFile(inFolder('large'), randomBytes(LARGE_BYTES));
  for (const args of [['init', 'patient-01'], ['register']]) {
    expect(await emr(args)).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const upload = (): string[] => ['upload', inFolder('large'), '--category', 'omics'];

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

describe('how emr ends', () => {
  it('stops an upload at Ctrl+C, says so, and goes on the next time', async () => {
    const interrupted = await emr(upload(), {
      onStart: (child) => {
        void until(async () => (await filesIn(blobs())).length > 3).then(() =>
          child.kill('SIGINT'),
        );
      },
    });
    expect(interrupted).toMatchObject({ exitCode: 130, stdout: '', stderr: 'emr: interrupted\n' });
    expect(await emr(['records'])).toMatchObject({ exitCode: 0, stdout: 'no records\n' });
    expect(await emr(upload())).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('stops a fetch at Ctrl+C and leaves no part of the file', async () => {
    const { stdout } = await emr(['records', '--json']);
    const { records } = JSON.parse(stdout) as { records: TransactionRecord[] };
    const before = await readdir(folder);
    const interrupted = await emr(
      ['fetch', records[0]!.recordId.slice(0, 8), '-o', inFolder('part')],
      {
        onStart: (child) => {
          void until(async () => (await readdir(folder)).length > before.length).then(() =>
            child.kill('SIGINT'),
          );
        },
      },
    );
    expect(interrupted).toMatchObject({ exitCode: 130, stdout: '', stderr: 'emr: interrupted\n' });
    expect(await readdir(folder)).toEqual(before);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const { stdout } = await emr(['records', '--json']);
    const { records } = JSON.parse(stdout) as { records: TransactionRecord[] };
    const ended = await emr(['fetch', records[0]!.recordId, '-o', '-'], {
      onStart: (child) => {
        child.stdout?.once('data', () => child.stdout?.destroy());
      },
    });
    expect(ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it('says that another process has the data directory, after the wait', async () => {
    await using _other = await Consortium.open({ directory: join(inFolder('data'), 'consortium') });
    const { exitCode, stderr } = await emr(['verify', '--wait', '0']);
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('--wait SECONDS')]);
  });

  it('waits for another process that has the data directory', async () => {
    const [first, second] = await Promise.all([emr(['records']), emr(['records', '--wait', '60'])]);
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  });

  it('names the organization whose ledger copy was altered', async () => {
    const copy = join(inFolder('data'), 'consortium', 'organizations', 'HospBMSP', 'ledger');
    await rm(copy, { recursive: true });
    await writeFile(copy, 'not a database');
    const { exitCode, stderr, stdout } = await emr(['verify']);
    expect([exitCode, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(/^emr: the ledger of HospBMSP is damaged/);
  });

  it('shows where an unexpected error came from only when asked', async () => {
    const env = { EMR_DATA: inFolder('nothing') };
    expect((await emr(['records'], { env })).stderr).not.toContain(' at ');
    const asked = await emr(['records'], { env: { ...env, EMR_DEBUG: '1' } });
    expect(asked.stderr).toMatch(/\n +at /);
  });
});
