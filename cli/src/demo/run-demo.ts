/**
 * One run of the demo, from arguments to exit code.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '@emr-share/gateway-client/node';
import type { ExitCode } from '../errors/exit-code.js';
import { reportError } from '../errors/report-error.js';
import { asUsageError } from '../errors/usage-error.js';
import type { Host } from '../host.js';
import { Output } from '../output/output.js';
import { assembleCast } from './cast.js';
import { Narrator } from './narrator.js';
import { assertUsable, parseDemoOptions, type DemoOptions } from './options.js';
import { findRecordFiles, writeSampleRecords, type RecordFile } from './record-files.js';
import { reportOf } from './report.js';
import { setStage } from './stage.js';
import { Steps } from './steps.js';
import { tellStory, type FiledRecord } from './story.js';
import { introduce, summarize } from './summary.js';

async function filesFor(options: DemoOptions, base: string): Promise<readonly RecordFile[]> {
  if (options.records !== undefined) return findRecordFiles(options.records);
  const samples = join(base, 'records');
  await writeSampleRecords(samples);
  return findRecordFiles(samples);
}

/** The folder of this run; a temporary one where the user wants to keep nothing. */
async function baseOf({ keep }: DemoOptions): Promise<string> {
  if (keep === undefined) return mkdtemp(join(tmpdir(), 'emr-share-demo-'));
  await mkdir(keep, { recursive: true });
  return keep;
}

async function perform(
  options: DemoOptions,
  base: string,
  host: Host,
  output: Output,
): Promise<void> {
  const started = performance.now();
  const files = await filesFor(options, base);
  const narrator = new Narrator(host, output);
  const steps = new Steps(narrator, host.signal);
  const filed: FiledRecord[] = [];
  introduce(narrator, files, options);
  await using stage = await setStage(options, base, host, output);
  const { backend } = stage;
  try {
    const story = { backend, files, narrator, steps, filed, signal: host.signal };
    const cast = await assembleCast(backend);
    await tellStory({ ...story, cast, tickets: [], pace: { grantMs: 0 } });
    summarize(narrator, filed, steps.reports, performance.now() - started);
  } finally {
    if (options.json !== undefined) {
      const report = reportOf(backend.name, filed, steps.reports);
      await writeFileAtomically(options.json, `${JSON.stringify(report, null, 2)}\n`, {
        mode: 0o644,
      });
    }
  }
}

/** Runs the demo: 0 when every step ended as it must, 1 when one did not, 2 for bad input. */
export async function runDemo(args: readonly string[], host: Host): Promise<ExitCode> {
  let output = new Output(host, { json: false, color: true });
  try {
    const options = parseDemoOptions(args, host);
    output = new Output(host, { json: false, color: options.color });
    await assertUsable(options);
    const base = await baseOf(options);
    try {
      await perform(options, base, host, output);
    } finally {
      if (options.keep === undefined) await rm(base, { recursive: true, force: true });
    }
    return 0;
  } catch (thrown) {
    const error = asUsageError(thrown);
    if (error === null) return 0;
    return reportError(error, output, host);
  }
}
