/**
 * One hospital's part of the load, as a process of its own: signing and TLS take more than one
 * process' share of a processor. Its argument is a {@link LoadTask}; it begins when it is told.
 *
 * @module
 */
import { once } from 'node:events';
import { openFabricConsortium } from '@emr-share/cli/consortium';
import { Journal } from './journal.js';
import type { BeginLoad, LoadMessage, LoadTask } from './load-messages.js';
import { newPatients, runWorkload } from './workload.js';

const TELL_MS = 500;

function tell(message: LoadMessage): void {
  process.send?.(message);
}

function tellSeen({ acknowledged, unanswered }: Journal): void {
  if (acknowledged.length + unanswered.length === 0) return;
  tell({ kind: 'seen', acknowledged: acknowledged.splice(0), unanswered: unanswered.splice(0) });
}

const { dir, mspId, patients: count } = JSON.parse(process.argv[2] ?? '') as LoadTask;
process.once('disconnect', () => process.exit()); // the soak has ended, however
await using consortium = await openFabricConsortium(dir);
const patients = await newPatients(consortium, mspId, count);
tell({ kind: 'ready' });
const [{ startedAt, durationMs, rate }] = (await once(process, 'message')) as [BeginLoad];
const journal = new Journal(startedAt);
const telling = setInterval(() => {
  tellSeen(journal);
}, TELL_MS);
const ending = AbortSignal.timeout(Math.max(1, durationMs - journal.now()));
await runWorkload(patients, journal, { rate, ending });
clearInterval(telling);
tellSeen(journal);
tell({ kind: 'done' });
