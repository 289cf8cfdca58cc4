/**
 * `emr drill`: break a network on purpose, and see that nothing is lost.
 *
 * @module
 */
import { resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { Call } from '../call.js';
import { DRILL_NAMES, DRILL_TITLES, type DrillName } from '../drill/drill-names.js';
import { reportText, resultLine } from '../drill/report.js';
import type { DrillResult } from '../drill/result.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import type { Output } from '../output/output.js';
import { drillSatelliteCommand } from './drill-satellite.js';

interface DrillCommandOptions {
  readonly dir?: string;
  readonly basePort?: number;
  readonly seconds: number;
}

const ALL = 'all';
const DEFAULT_SECONDS = 6;
const MAX_SECONDS = 600;
const FIRST_PORT = 1_024;
/** Leaves room for the ports of four organizations. */
const LAST_PORT = 65_000;

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,6}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(
      `It is a whole number from ${String(least)} to ${String(most)}.`,
    );
  };
}

function helpText(): string {
  const titles = Object.entries({ ...DRILL_TITLES, [ALL]: 'one after the other' });
  return `\nDrills:\n${titles.map(([name, title]) => `  ${name.padEnd(10)}${title}`).join('\n')}`;
}

async function runAll(
  names: readonly DrillName[],
  dir: string,
  { seconds }: DrillCommandOptions,
  { output, signal }: Call,
): Promise<DrillResult[]> {
  const { runDrill } = await import('../drill/index.js');
  const results: DrillResult[] = [];
  for (const name of names) {
    const note = (text: string): void => {
      output.note(`${name}: ${text}`);
    };
    note(DRILL_TITLES[name]);
    const result = await runDrill(name, { dir, holdMs: seconds * 1000, signal, note });
    output.note(resultLine(result));
    results.push(result);
  }
  return results;
}

/** On the network in `--dir`, else on one that is there for this call alone. */
async function drill(
  names: readonly DrillName[],
  options: DrillCommandOptions,
  call: Call,
): Promise<DrillResult[]> {
  if (options.dir !== undefined) return runAll(names, resolve(options.dir), options, call);
  const { openOwnNetwork } = await import('../drill/index.js');
  const { output, signal } = call;
  output.note('bringing up a network for the drills …');
  await using network = await openOwnNetwork({
    basePort: options.basePort,
    signal,
    onProgress: (event) => {
      if (event.kind === 'note') output.note(event.text);
    },
  });
  return await runAll(names, network.dir, options, call);
}

function report(name: string, results: readonly DrillResult[], output: Output): void {
  output.result(name === ALL ? { drills: results } : results[0], reportText(results));
  const failed = results.filter(({ passed }) => !passed).map((result) => result.drill);
  if (failed.length === 0) return;
  const message = `something acknowledged was lost, or ledgers differ: ${failed.join(', ')}`;
  throw new CliError('DRILL_FAILED', message, { details: { failed } });
}

/** Makes the command for one call. */
export function drillCommand(host: Host): Command {
  return new Command('drill')
    .description('break a network on purpose, under load, and see that nothing is lost')
    .addArgument(new Argument('<drill>', 'what to break').choices([...DRILL_NAMES, ALL]))
    .option('--dir <dir>', 'a running network (default: one is brought up, and removed afterwards)')
    .option(
      '--base-port <port>',
      'first port of the network that is brought up (default: the first free block)',
      wholeNumber(FIRST_PORT, LAST_PORT),
    )
    .option(
      '--seconds <n>',
      'how long each fault lasts after the clients have recovered',
      wholeNumber(1, MAX_SECONDS),
      DEFAULT_SECONDS,
    )
    .addCommand(drillSatelliteCommand(host))
    .addHelpText('after', helpText())
    .action(async (name: string, options: DrillCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const names = DRILL_NAMES.filter((one) => name === ALL || one === name);
      report(name, await drill(names, options, call), call.output);
    });
}
