/**
 * What a Fabric process is doing: it writes the stacks of all its goroutines to its log when asked by
 * SIGUSR1, and goes on.
 *
 * @module
 */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isSystemError, NetworkError } from '../errors.js';
import { writeSecret } from '../files/atomic.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { livenessOf, type ProcessRecord } from '../process/process-record.js';
import { waitFor } from '../wait.js';

const LIMIT_MS = 2_000;
const REPORT = 'Go routines report:';
const LOG_LINE = /\n\d{4}-\d\d-\d\d /;

async function textFrom(path: string, start: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.max(0, size - start);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/** The report in a log, without the lines that follow it; `null` where it is not there. */
export function reportIn(log: string): string | null {
  const text = stripVTControlCharacters(log);
  const begin = text.indexOf(REPORT);
  if (begin < 0 || !text.endsWith('\n')) return null;
  const report = text.slice(begin + REPORT.length).trimStart();
  const end = LOG_LINE.exec(report)?.index;
  return report.slice(0, end);
}

/**
 * The stacks of a running peer's or orderer's goroutines; `null` where it does not give them within
 * 2 s, as a process that stands still.
 */
export async function goroutinesOf(
  record: ProcessRecord,
  signal?: AbortSignal,
): Promise<string | null> {
  const { size } = await stat(record.log);
  if ((await livenessOf(record)) !== 'running') return null;
  try {
    process.kill(record.pid, 'SIGUSR1');
    const limit = { limitMs: LIMIT_MS, signal };
    return await waitFor(`the goroutines of ${record.node}`, limit, async () =>
      reportIn(await textFrom(record.log, size)),
    );
  } catch (error) {
    if (NetworkError.is(error, 'TIMEOUT') || isSystemError(error, 'ESRCH')) return null;
    throw error;
  }
}

/** The controller's goroutine, in the select at which it tells the view of a delivered block. */
const DELIVERS = /^goroutine \d+ \[select[^\n]*\n[^\n]*bft\.\(\*Controller\)\.decide\(/;

/**
 * Whether an orderer's SmartBFT is in the deadlock that only a restart ends: its controller wants to
 * tell a view that a block was delivered, and no view runs that would listen.
 */
export function isDeadlocked(report: string): boolean {
  const stacks = report.split('\n\n').map((stack) => stack.trimStart());
  const runsView = stacks.some((stack) => stack.includes('bft.(*View).run('));
  return !runsView && stacks.some((stack) => DELIVERS.test(stack));
}

/** Keeps a report beside the logs, for whoever looks for the cause. Returns its path. */
export async function keepReport(
  paths: NetworkPaths,
  node: string,
  report: string,
  at: Date,
): Promise<string> {
  const time = at.toISOString().replaceAll(/[:.]/g, '-');
  const path = join(paths.dir, 'logs', 'stalls', `${node}-${time}.txt`);
  await writeSecret(path, report);
  return path;
}
