import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NetworkError, problemOf } from '../errors.js';
import { makePrivateDir } from '../files/atomic.js';
import { boundLog } from './bound-log.js';
import { startMarkOf } from './process-identity.js';
import { type ProcessRecord, writeProcessRecord } from './process-record.js';

/** A program to run in the background. */
export interface ProcessLaunch {
  node: string;
  command: readonly [program: string, ...args: string[]];
  /** Added to the few variables that are passed on; nothing else of this process' environment is. */
  env: Readonly<Record<string, string>>;
  /** Added likewise, and in no record: not even its hash, from which a password could be guessed. */
  secretEnv?: Readonly<Record<string, string>>;
  cwd: string;
  log: string;
  /** Its pid file. */
  record: string;
}

const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** The environment a node gets: a node needs no secret of the user's shell. */
export function nodeEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passed), ...env };
}

/** What identifies a launch: command and own environment. */
export function launchFingerprint({
  command,
  env,
}: Pick<ProcessLaunch, 'command' | 'env'>): string {
  const sorted = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([command, sorted]))
    .digest('hex');
}

/** With a umask that keeps others out of the files it makes. Nothing else runs in between. */
function spawnPrivate(
  { command, cwd, env, secretEnv }: ProcessLaunch,
  output: number,
): ChildProcess {
  const [program, ...args] = command;
  const umask = process.umask(0o077);
  try {
    return spawn(program, args, {
      cwd,
      env: nodeEnvironment({ ...env, ...secretEnv }),
      detached: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    process.umask(umask);
  }
}

/**
 * Starts a program that outlives this process: own session, no terminal, input from nowhere, output
 * appended to its log file (mode 0600). Resolves once it runs and its pid file is written.
 *
 * @throws {@link NetworkError} NODE_EXITED where it could not be started
 */
export async function startProcess(launch: ProcessLaunch): Promise<ProcessRecord> {
  await makePrivateDir(dirname(launch.log));
  await boundLog(launch.log);
  const log = await open(launch.log, 'a', 0o600);
  try {
    const child = spawnPrivate(launch, log.fd);
    await once(child, 'spawn');
    child.unref();
    return await recordOf(launch, child.pid ?? 0);
  } catch (error) {
    if (NetworkError.is(error)) throw error;
    const details = { node: launch.node, log: launch.log, lastLine: problemOf(error) };
    throw new NetworkError('NODE_EXITED', details, { cause: error });
  } finally {
    await log.close();
  }
}

async function recordOf(launch: ProcessLaunch, pid: number): Promise<ProcessRecord> {
  const startMark = await startMarkOf(pid);
  if (startMark === null) {
    const { node, log } = launch;
    throw new NetworkError('NODE_EXITED', { node, log, lastLine: 'it ended at once' });
  }
  const record: ProcessRecord = {
    node: launch.node,
    pid,
    startMark,
    command: [...launch.command],
    launch: launchFingerprint(launch),
    log: launch.log,
    startedAt: new Date().toISOString(),
  };
  await writeProcessRecord(launch.record, record);
  return record;
}
