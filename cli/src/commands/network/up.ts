/**
 * `emr network up`: bring the network up, and make it ready for users.
 *
 * @module
 */
import { createRequire } from 'node:module';
import {
  defaultNetworkDir,
  loadTopology,
  networkTopology,
  type Topology,
  up,
} from '@emr-share/network';
import { Command, InvalidArgumentError } from 'commander';
import { Call } from '../../call.js';
import { foundConsortium, openFabricConsortium } from '../../consortium/index.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { PlanDisplay } from '../../network-output/plan-display.js';
import { elapsed } from '../../output/local-time.js';
import {
  type FolderOptions,
  isNetworkFolder,
  namedFolder,
  withFolderOption,
} from './network-folder.js';

interface UpCommandOptions extends FolderOptions {
  readonly topology?: string;
  readonly basePort?: number;
}

const LAST_PORT = 65_535;
const FIRST_PORT = 1_024;

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= FIRST_PORT && port <= LAST_PORT) return port;
  throw new InvalidArgumentError(`It is a port, ${String(FIRST_PORT)} to ${String(LAST_PORT)}.`);
}

/** The contract service as this package's own version of it. */
function contractService(): string {
  return createRequire(import.meta.url).resolve('@emr-share/chaincode/service');
}

/** What to bring up: what was named, else what the folder was set up from, else `dev`. */
async function wanted(
  { topology, basePort, ...folder }: UpCommandOptions,
  host: Host,
): Promise<{ dir: string; topology: Topology }> {
  const named = namedFolder(folder, host);
  if (named !== null && topology === undefined && (await isNetworkFolder(named))) {
    if (basePort === undefined) return { dir: named, topology: await networkTopology(named) };
    throw new CliError('USAGE', '--base-port needs --topology: the network there has its ports');
  }
  const loaded = await loadTopology(topology ?? 'dev', basePort === undefined ? {} : { basePort });
  return { dir: named ?? defaultNetworkDir(loaded.name), topology: loaded };
}

async function found(dir: string, signal: AbortSignal): Promise<void> {
  await using consortium = await openFabricConsortium(dir);
  await foundConsortium(consortium, signal);
}

async function bringUp(options: UpCommandOptions, call: Call): Promise<void> {
  const { dir, topology } = await wanted(options, call.host);
  const { output, signal } = call;
  const started = Date.now();
  const display = new PlanDisplay(call.host, output);
  const command = [process.execPath, contractService()] as const;
  try {
    await up(topology, { dir, contract: { command }, onProgress: display.onProgress, signal });
  } finally {
    display.stop();
  }
  output.note('Publishing the custodian keys of the hospitals');
  await found(dir, signal);
  const ms = Date.now() - started;
  const { done, left } = display.counts;
  const steps = `${String(done)} steps done, ${String(left)} had been done before`;
  output.result(
    { name: topology.name, dir, ms },
    `${topology.name} is up after ${elapsed(ms)} (${steps}).\nIts folder: ${dir}`,
  );
}

/** Makes the command for one call. */
export function upCommand(host: Host): Command {
  return withFolderOption(new Command('up'))
    .description('bring the network up; harmless to repeat')
    .option(
      '--topology <file>',
      'topology file, or the name of a profile: dev, paper (default: as before, or dev)',
    )
    .option('--base-port <port>', "first port, instead of the topology file's", parsePort)
    .action(async (options: UpCommandOptions, command: Command) => {
      await bringUp(options, new Call(host, command));
    });
}
