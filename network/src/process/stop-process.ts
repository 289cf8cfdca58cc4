import { setTimeout as delay } from 'node:timers/promises';
import { isSystemError, NetworkError } from '../errors.js';
import { livenessOf, type ProcessRecord } from './process-record.js';

/** How a process ended: it was gone already, it obeyed, or it had to be killed. */
export type StopOutcome = 'gone' | 'stopped' | 'killed';

const POLL_MS = 25;
const KILL_WAIT_MS = 5_000;

async function endsWithin(record: ProcessRecord, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while ((await livenessOf(record)) === 'running') {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Signals the recorded process, and only it: its start mark is compared right before. */
async function signalOwn(record: ProcessRecord, signal: NodeJS.Signals): Promise<void> {
  if ((await livenessOf(record)) !== 'running') return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}

/**
 * Ends a recorded process: SIGTERM, then SIGKILL when it still lives after `graceMs` (0: at once).
 * A PID that belongs to another program by now is left alone.
 *
 * @throws {@link NetworkError} NODE_UNSTOPPABLE where it survives even that
 */
export async function stopProcess(record: ProcessRecord, graceMs: number): Promise<StopOutcome> {
  if ((await livenessOf(record)) !== 'running') return 'gone';
  if (graceMs > 0) {
    await signalOwn(record, 'SIGTERM');
    if (await endsWithin(record, graceMs)) return 'stopped';
  }
  await signalOwn(record, 'SIGKILL');
  if (await endsWithin(record, KILL_WAIT_MS)) return 'killed';
  throw new NetworkError('NODE_UNSTOPPABLE', { node: record.node, pid: record.pid });
}
