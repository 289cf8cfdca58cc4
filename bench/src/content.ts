/**
 * What do encryption and verification cost on top of the store? Encrypt, hash and add against a bare
 * add; fetch, verify and decrypt against a bare cat of the same blob; in the same store.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import type {
  BenchBlob,
  ContentCase,
  ContentCaseResult,
  ContentOperation,
  ContentSide,
} from './content-case.js';
import { describeMachine, machineLine } from './machine.js';
import type { Machine } from './machine.js';
import { median, spreadOf } from './statistics.js';
import type { Spread } from './statistics.js';

export interface ContentBenchOptions {
  /** Leaves larger sizes out. Default all, to 1 GB. */
  readonly maxBytes?: number | undefined;
  /** Pairs to measure for each size and operation. Default 5. */
  readonly rounds?: number | undefined;
  /** Folder on the disk to measure. Default the system's temporary folder. */
  readonly directory?: string | undefined;
  /** Drop the blob from the page cache before every fetch, so that it comes from the disk. */
  readonly cold?: boolean | undefined;
  /** Print one JSON document in place of the table. */
  readonly json?: boolean | undefined;
}

/** What every measurement of a run shares. */
interface Setting {
  readonly folder: string;
  readonly rounds: number;
  readonly cold: boolean;
}

interface SideResult {
  readonly ms: Spread;
  /** Median over the rounds. */
  readonly peakBytes: number;
}

interface ContentResult {
  readonly operation: ContentOperation;
  readonly sizeBytes: number;
  readonly bare: SideResult;
  readonly ours: SideResult;
  /** Our throughput as a part of the bare store's in the same round: 1 is no loss. */
  readonly ratio: Spread;
}

interface ContentReport {
  readonly machine: Machine;
  readonly directory: string;
  readonly rounds: number;
  readonly cold: boolean;
  readonly results: readonly ContentResult[];
}

interface Pair {
  readonly bare: ContentCaseResult;
  readonly ours: ContentCaseResult;
}

const SIZES = [400, 10_000, 1e6, 1e7, 1e8, 1e9];
const DEFAULT_ROUNDS = 5;
const MAX_REPEATS = 15;
const REPEATED_BYTES = 20e6;
const MAX_OUTPUT_BYTES = 1e6;

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('content-child.js', import.meta.url));

/** Measures every size and prints the result; some minutes to 1 GB, seconds to 10 MB. */
export async function runContentBench(options: ContentBenchOptions = {}): Promise<void> {
  const { rounds = DEFAULT_ROUNDS, maxBytes = Infinity, cold = false } = options;
  const directory = options.directory ?? tmpdir();
  const folder = await mkdtemp(join(directory, 'emr-bench-content-'));
  try {
    const machine = describeMachine();
    const results: ContentResult[] = [];
    for (const sizeBytes of SIZES.filter((size) => size <= maxBytes)) {
      process.stderr.write(`measuring ${formatSize(sizeBytes)} …\n`);
      results.push(await measureAdd({ folder, rounds, cold }, sizeBytes));
      results.push(await measureFetch({ folder, rounds, cold }, sizeBytes));
    }
    const report = { machine, directory, rounds, cold, results };
    process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : format(report));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureAdd({ folder, rounds }: Setting, sizeBytes: number): Promise<ContentResult> {
  const directory = join(folder, 'added');
  const repeats = repeatsOf(sizeBytes);
  const pairs = await alternate(rounds, async (side) => {
    try {
      return await runCase(folder, { operation: 'add', side, sizeBytes, directory, repeats });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
  return summarize('add', sizeBytes, pairs);
}

async function measureFetch(
  { folder, rounds, cold }: Setting,
  sizeBytes: number,
): Promise<ContentResult> {
  const directory = join(folder, 'filed');
  const blob = await fileOne(folder, directory, sizeBytes);
  const repeats = cold ? 1 : repeatsOf(sizeBytes);
  const pairs = await alternate(rounds, async (side) => {
    if (cold) await dropFromCache(directory);
    return runCase(folder, { operation: 'fetch', side, sizeBytes, directory, repeats, blob });
  });
  await rm(directory, { recursive: true });
  return summarize('fetch', sizeBytes, pairs);
}

/** Node has no posix_fadvise; dd of the GNU coreutils calls it for a file that it does not read. */
async function dropFromCache(directory: string): Promise<void> {
  const dd = ['dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none'];
  await run('find', [directory, '-type', 'f', '-exec', ...dd, ';']);
}

async function fileOne(folder: string, directory: string, sizeBytes: number): Promise<BenchBlob> {
  const filed = await runCase(folder, {
    operation: 'add',
    side: 'ours',
    sizeBytes,
    directory,
    repeats: 1,
  });
  if (filed.blob === undefined) throw new Error('nothing was filed');
  return filed.blob;
}

/** One pair a round; which side goes first changes from round to round. */
async function alternate(
  rounds: number,
  measure: (side: ContentSide) => Promise<ContentCaseResult>,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const bare = await measure('bare');
      pairs.push({ bare, ours: await measure('ours') });
    } else {
      const ours = await measure('ours');
      pairs.push({ bare: await measure('bare'), ours });
    }
  }
  return pairs;
}

async function runCase(folder: string, measured: ContentCase): Promise<ContentCaseResult> {
  const scratch = join(folder, 'scratch');
  try {
    const { stdout } = await run(process.execPath, [CHILD, JSON.stringify(measured), scratch], {
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return JSON.parse(stdout) as ContentCaseResult;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Small operations are repeated within a process: one of them is as short as the clock's noise. */
function repeatsOf(sizeBytes: number): number {
  return Math.max(1, Math.min(MAX_REPEATS, Math.floor(REPEATED_BYTES / sizeBytes)));
}

function summarize(
  operation: ContentOperation,
  sizeBytes: number,
  pairs: readonly Pair[],
): ContentResult {
  const msOf = ({ elapsedMs }: ContentCaseResult): number => median(elapsedMs);
  const sideOf = (side: ContentSide): SideResult => ({
    ms: spreadOf(pairs.map((pair) => msOf(pair[side]))),
    peakBytes: median(pairs.map((pair) => pair[side].peakBytes)),
  });
  return {
    operation,
    sizeBytes,
    bare: sideOf('bare'),
    ours: sideOf('ours'),
    ratio: spreadOf(pairs.map(({ bare, ours }) => msOf(bare) / msOf(ours))),
  };
}

function format(report: ContentReport): string {
  const table = new Table({
    head: ['', 'size', 'bare ms', 'ours ms', 'ours MB/s', '× bare', 'peak bare', 'peak ours'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const result of report.results) table.push(rowOf(result));
  return [
    `${machineLine(report.machine)}; ${report.rounds} pairs in turns, one process each, in ${report.directory}`,
    table.toString(),
    '× bare: our throughput as a part of the bare store’s in the same round, median (quartiles).',
    'add: encrypt, SHA-256, add. fetch: read and check every block, SHA-256, decrypt; ' +
      `from the ${report.cold ? 'disk' : 'page cache'}.`,
    '',
  ].join('\n');
}

function rowOf({ operation, sizeBytes, bare, ours, ratio }: ContentResult): string[] {
  return [
    operation,
    formatSize(sizeBytes),
    bare.ms.median.toFixed(1),
    ours.ms.median.toFixed(1),
    (sizeBytes / 1000 / ours.ms.median).toFixed(sizeBytes < 1e6 ? 2 : 0),
    `${ratio.median.toFixed(2)} (${ratio.lowerQuartile.toFixed(2)}–${ratio.upperQuartile.toFixed(2)})`,
    formatPeak(bare.peakBytes),
    formatPeak(ours.peakBytes),
  ];
}

const formatPeak = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function formatSize(bytes: number): string {
  if (bytes >= 1e9) return `${bytes / 1e9} GB`;
  if (bytes >= 1e6) return `${bytes / 1e6} MB`;
  return `${bytes / 1e3} kB`;
}
