/**
 * The pid file of a node: which process was started for it, so that no other is ever signalled.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { readIfThere, writeSecret } from '../files/atomic.js';
import { startMarkOf } from './process-identity.js';

const Schema = v.strictObject({
  node: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
  /** See `startMarkOf`. */
  startMark: v.pipe(v.string(), v.nonEmpty()),
  command: v.array(v.string()),
  /** SHA-256 over command and environment: tells whether a running node has the settings wanted now. */
  launch: v.string(),
  log: v.string(),
  startedAt: v.string(),
});
export type ProcessRecord = v.InferOutput<typeof Schema>;

/** What became of a recorded process; `replaced`: its PID belongs to another program now. */
export type Liveness = 'running' | 'gone' | 'replaced';

/** @throws {@link NetworkError} STATE_INVALID where the file is not a pid file of this version */
export async function readProcessRecord(path: string): Promise<ProcessRecord | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return v.parse(Schema, JSON.parse(text));
  } catch (error) {
    throw new NetworkError('STATE_INVALID', { path, problem: problemOf(error) }, { cause: error });
  }
}

export async function writeProcessRecord(path: string, record: ProcessRecord): Promise<void> {
  await writeSecret(path, `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeProcessRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

export async function livenessOf(record: ProcessRecord): Promise<Liveness> {
  const mark = await startMarkOf(record.pid);
  if (mark === null) return 'gone';
  return mark === record.startMark ? 'running' : 'replaced';
}
