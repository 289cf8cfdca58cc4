/**
 * `emr drill satellite`: an emergency over satellite links, with one hospital lost.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Call } from '../call.js';
import { satelliteFigure } from '../drill/satellite/satellite-figure.js';
import { satelliteText } from '../drill/satellite/satellite-report.js';
import { DECLARE_MOMENTS, type DeclareMoment } from '../drill/satellite/satellite-result.js';
import type { Host } from '../host.js';

interface SatelliteOptions {
  readonly runs: number;
  readonly seed: number;
  readonly declare: DeclareMoment;
  readonly patients: number;
  readonly repairEvery: number;
  readonly basePort: number;
  readonly figure?: string;
}

const DEFAULT_RUNS = 5;
const MAX_RUNS = 200;
const MAX_PATIENTS = 100_000;
const MAX_REPAIR_EVERY = 50;
const MAX_SEED = 999_999;
const DEFAULT_BASE_PORT = 19_000;
const FIRST_PORT = 1_024;
/** Leaves room for the ports of the drill. */
const LAST_PORT = 64_000;

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,6}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(
      `It is a whole number from ${String(least)} to ${String(most)}.`,
    );
  };
}

const HELP = `
Three hospitals, a regulator and an emergency post are network namespaces on this machine; 600 ms
there and back, 1 Mbit/s and 1 % loss between any two. One hospital is lost. Needs root and the
programs ip and socat (apt-get install iproute2 socat).`;

/** Makes the command for one call. */
export function drillSatelliteCommand(host: Host): Command {
  return new Command('satellite')
    .description('an emergency over satellite links, one hospital lost: how long until the summary')
    .option('--runs <n>', 'how many emergencies', wholeNumber(1, MAX_RUNS), DEFAULT_RUNS)
    .option('--seed <n>', 'decides which packets are lost', wholeNumber(0, MAX_SEED), 1)
    .addOption(
      new Option('--declare <when>', 'from a minute after the loss on, or from its very moment')
        .choices(DECLARE_MOMENTS)
        .default('settled'),
    )
    .option('--patients <n>', 'how many others to register first', wholeNumber(0, MAX_PATIENTS), 0)
    .option(
      '--repair-every <n>',
      'routers send a repair packet after so many packets; 0: never',
      wholeNumber(0, MAX_REPAIR_EVERY),
      0,
    )
    .option(
      '--base-port <port>',
      'first port of the network and of the links',
      wholeNumber(FIRST_PORT, LAST_PORT),
      DEFAULT_BASE_PORT,
    )
    .option('--figure <file>', 'write a picture of the timeline, SVG')
    .addHelpText('after', HELP)
    .action(async ({ figure, ...options }: SatelliteOptions, command: Command) => {
      const { output, signal } = new Call(host, command);
      const { runSatelliteDrill } = await import('../drill/satellite/run-satellite.js');
      const note = (text: string): void => {
        output.note(`satellite: ${text}`);
      };
      const result = await runSatelliteDrill({ ...options, signal, note });
      if (figure !== undefined) {
        const { writeFile } = await import('node:fs/promises');
        await writeFile(figure, satelliteFigure(result));
      }
      output.result(result, satelliteText(result));
    });
}
