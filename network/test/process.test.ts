import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startMarkOf } from '../src/process/process-identity.js';
import {
  livenessOf,
  type ProcessRecord,
  readProcessRecord,
} from '../src/process/process-record.js';
import { reasonIn, runCommand } from '../src/process/run-command.js';
import {
  launchFingerprint,
  type ProcessLaunch,
  startProcess,
} from '../src/process/start-process.js';
import { stopProcess } from '../src/process/stop-process.js';
import { waitFor } from '../src/wait.js';
import { tempDir } from './support/temp-dir.js';

const started: ProcessRecord[] = [];

async function launchOf(script: string, env: Record<string, string> = {}): Promise<ProcessLaunch> {
  const cwd = await tempDir();
  return {
    node: 'probe',
    command: [process.execPath, '-e', script],
    env,
    cwd,
    log: join(cwd, 'logs', 'probe.log'),
    record: join(cwd, 'run', 'probe.json'),
  };
}

async function start(launch: ProcessLaunch): Promise<ProcessRecord> {
  const record = await startProcess(launch);
  started.push(record);
  return record;
}

async function logOf(launch: ProcessLaunch, text: string): Promise<string> {
  return waitFor('output', { limitMs: 60_000 }, async () => {
    const log = await readFile(launch.log, 'utf8');
    return log.includes(text) ? log : null;
  });
}

const FOREVER = 'setInterval(() => {}, 1000); console.log("ready")';

afterEach(async () => {
  await Promise.all(started.splice(0).map((record) => stopProcess(record, 0)));
});

describe('a started process', () => {
  it('has a pid file that names it, its start and its command, for the owner alone', async () => {
    const launch = await launchOf(FOREVER);
    const record = await start(launch);
    expect(await readProcessRecord(launch.record)).toEqual(record);
    expect(record.startMark).toBe(await startMarkOf(record.pid));
    expect(record.launch).toBe(launchFingerprint(launch));
    expect((await stat(launch.record)).mode & 0o777).toBe(0o600);
    expect((await stat(launch.log)).mode & 0o777).toBe(0o600);
  });

  it('writes both streams to its log, after what is there', async () => {
    const launch = await launchOf('console.log("out"); console.error("err"); console.log("end")');
    await startProcess(launch).catch(() => undefined);
    await logOf(launch, 'end');
    await startProcess(launch).catch(() => undefined);
    const log = await waitFor('second run', { limitMs: 60_000 }, async () => {
      const text = await readFile(launch.log, 'utf8');
      return text.split('end').length === 3 ? text : null;
    });
    expect(log).toMatch(/out[\s\S]*err[\s\S]*end[\s\S]*out[\s\S]*err/);
  });

  it('gets what its launch says, and no secret of the environment of who starts it', async () => {
    process.env['EMR_PASSPHRASE'] = 'correct horse';
    try {
      const launch = await launchOf('console.log(JSON.stringify(process.env), "done")', { A: 'b' });
      await startProcess(launch).catch(() => undefined);
      const log = await logOf(launch, 'done');
      expect(log).toContain('"A":"b"');
      expect(log).not.toContain('correct horse');
    } finally {
      delete process.env['EMR_PASSPHRASE'];
    }
  });

  it('makes files that only their owner can open', async () => {
    const launch = await launchOf('fs.writeFileSync("made", ""); console.log("done")');
    await startProcess(launch).catch(() => undefined);
    await logOf(launch, 'done');
    expect((await stat(join(launch.cwd, 'made'))).mode & 0o777).toBe(0o600);
  });

  it('is not in the session of who starts it', async () => {
    const record = await start(await launchOf(FOREVER));
    const session = (await readFile(`/proc/${String(record.pid)}/stat`, 'utf8')).split(') ')[1];
    expect(Number(session?.split(' ')[3])).toBe(record.pid);
  });

  it('that cannot be started is reported, with no pid file left', async () => {
    const launch = await launchOf('');
    const missing = { ...launch, command: ['/nowhere/program'] as const };
    await expect(startProcess(missing)).rejects.toMatchObject({ code: 'NODE_EXITED' });
    expect(await readProcessRecord(launch.record)).toBeNull();
  });
});

describe('stopping', () => {
  it('lets a process end by itself', async () => {
    const launch = await launchOf(`process.on('SIGTERM', () => process.exit(0)); ${FOREVER}`);
    const record = await start(launch);
    await logOf(launch, 'ready');
    expect(await stopProcess(record, 10_000)).toBe('stopped');
    expect(await livenessOf(record)).toBe('gone');
  });

  it('kills one that does not', async () => {
    const launch = await launchOf(`process.on('SIGTERM', () => {}); ${FOREVER}`);
    const record = await start(launch);
    await logOf(launch, 'ready');
    expect(await stopProcess(record, 200)).toBe('killed');
    expect(await livenessOf(record)).toBe('gone');
  });

  it('never signals another program that got the PID', async () => {
    const child = spawn(process.execPath, ['-e', FOREVER], { stdio: 'ignore' });
    await once(child, 'spawn');
    try {
      const record: ProcessRecord = {
        node: 'probe',
        pid: child.pid!,
        startMark: 'of a process that is gone',
        command: [],
        launch: '',
        log: '',
        startedAt: '',
      };
      expect(await livenessOf(record)).toBe('replaced');
      expect(await stopProcess(record, 0)).toBe('gone');
      expect(await stopProcess(record, 1_000)).toBe('gone');
      expect(await startMarkOf(child.pid!)).not.toBeNull();
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it.each([0, -1, 1.5, 2 ** 40])('takes no process to have the PID %p', async (pid) => {
    expect(await startMarkOf(pid)).toBeNull();
  });
});

describe('what a program says when it fails', () => {
  it('is its panic rather than the stack that follows', () => {
    const output =
      'INFO ok\n\u001b[35mPANI\u001b[0m cannot parse x\nwhy\n\nmain.go:1\nmain.go:2\nmain.go:3';
    expect(reasonIn(output)).toBe('PANI cannot parse x · why · main.go:1 · main.go:2');
  });

  it('is the last of its output otherwise', () => {
    expect(reasonIn('1\n2\n3\n4\n5\n6')).toBe('3 · 4 · 5 · 6');
  });

  it('comes with the command, but not with all of its arguments', async () => {
    const run = runCommand('sh', ['-c', 'echo broken >&2; exit 3', 'x', 'y'], { limitMs: 60_000 });
    await expect(run).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      details: { problem: 'broken' },
    });
  });

  it('is that it did not end, when it is out of time', async () => {
    const run = runCommand('sleep', ['20'], { limitMs: 100 });
    await expect(run).rejects.toMatchObject({ details: { problem: 'no end after 0.1 s' } });
  });
});
