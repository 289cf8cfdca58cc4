/**
 * How fast is proxy re-encryption, on each backend, beside umbral-pre in the same process?
 *
 * @module
 */
import Table from 'cli-table3';
import { nobleBackend } from '@emr-share/crypto';
import { loadNativeBackend } from '@emr-share/crypto/native';
import { interleave } from './interleave.js';
import { describeMachine, machineLine } from './machine.js';
import type { Machine } from './machine.js';
import { PRE_OPERATIONS, ourOperations, rivalOperations } from './pre-operations.js';
import type { PreOperation, PreOperations } from './pre-operations.js';
import { median, spreadOf } from './statistics.js';
import type { Spread } from './statistics.js';

const RIVAL = 'umbral-pre';
const ROUNDS = 31;
const TURN_MS = 12;

export interface PreBenchOptions {
  /** Print one JSON document in place of the table. */
  readonly json: boolean;
}

interface Implementation {
  readonly name: string;
  readonly operations: PreOperations;
}

interface Measurement {
  readonly implementation: string;
  readonly medianMs: number;
  /** How many times as fast as the rival, by round: above 1 is faster. */
  readonly timesAsFast: Spread;
}

interface PreReport {
  readonly machine: Machine;
  readonly rounds: number;
  readonly rival: string;
  readonly results: { readonly operation: PreOperation; readonly measurements: Measurement[] }[];
}

/** Measures every operation and prints the result; about 12 s of CPU time. */
export async function runPreBench(options: PreBenchOptions): Promise<void> {
  const machine = describeMachine();
  const implementations = loadImplementations();
  const results = [];
  for (const operation of PRE_OPERATIONS) {
    results.push({ operation, measurements: measure(operation, implementations) });
    // Lets signals through between operations: the measurements themselves are synchronous.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const report: PreReport = { machine, rounds: ROUNDS, rival: RIVAL, results };
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : format(report));
}

function loadImplementations(): Implementation[] {
  const native = loadNativeBackend();
  if (native === null) {
    process.stderr.write('secp256k1 ships no build for this platform: native is left out\n');
  }
  return [
    { name: RIVAL, operations: rivalOperations() },
    ...[native, nobleBackend]
      .filter((backend) => backend !== null)
      .map((backend) => ({ name: backend.name, operations: ourOperations(backend) })),
  ];
}

function measure(
  operation: PreOperation,
  implementations: readonly Implementation[],
): Measurement[] {
  const rivals = implementations.map(({ name, operations }) => ({
    name,
    run: operations[operation],
  }));
  const times = interleave(rivals, { rounds: ROUNDS, turnMs: TURN_MS });
  const rivalTimes = times[0] ?? [];
  return implementations.map(({ name }, i) => {
    const own = times[i] ?? [];
    return {
      implementation: name,
      medianMs: median(own),
      timesAsFast: spreadOf(own.map((ms, round) => (rivalTimes[round] ?? Number.NaN) / ms)),
    };
  });
}

function format(report: PreReport): string {
  const names = report.results[0]?.measurements.map(({ implementation }) => implementation) ?? [];
  const table = new Table({
    head: ['', ...names.flatMap((name) => columnsOf(name))],
    colAligns: ['left', ...names.flatMap((name) => columnsOf(name).map(() => 'right' as const))],
    style: { head: [], border: [] },
  });
  for (const { operation, measurements } of report.results) {
    table.push([operation, ...measurements.flatMap(cellsOf)]);
  }
  return [
    `${machineLine(report.machine)}; ${report.rounds} rounds, interleaved`,
    table.toString(),
    `op/s: from the median CPU time. ×: times as fast as ${RIVAL} in the same round, median (quartiles).`,
    '',
  ].join('\n');
}

const columnsOf = (name: string): string[] =>
  name === RIVAL ? [`${name} op/s`] : [`${name} op/s`, '×'];

function cellsOf({ implementation, medianMs, timesAsFast }: Measurement): string[] {
  const perSecond = (1000 / medianMs).toFixed(0);
  if (implementation === RIVAL) return [perSecond];
  const [low, middle, high] = [
    timesAsFast.lowerQuartile,
    timesAsFast.median,
    timesAsFast.upperQuartile,
  ].map((value) => value.toFixed(2)) as [string, string, string];
  return [perSecond, `${middle} (${low}–${high})`];
}
