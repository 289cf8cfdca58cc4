/**
 * `emr network up`: bring the network up, and make it ready for users.
 *
 * @module
 */
import {
  defaultNetworkDir,
  loadTopology,
  networkHost,
  networkTopology,
  organizationsHere,
  type Topology,
  up,
} from '@emr-share/network';
import { Command, InvalidArgumentError } from 'commander';
import { Call } from '../../call.js';
import { contractCommand } from '../../consortium/contract-command.js';
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
import { parsePort } from './port-option.js';

interface UpCommandOptions extends FolderOptions {
  readonly topology?: string;
  readonly basePort?: number;
  readonly host?: string;
  readonly others: number;
}

function parseOthers(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number of seconds.');
}

const HOSTS_HELP = `
A network on several hosts is brought up on each of them, with the same topology file:
  emr network up --topology FILE --host NAME     enrols what is on this host, then waits
  emr network export --public NAME.json          meanwhile: what the other hosts need of this one
  emr network import OTHER.json …                what this host needs of them
  emr network export --swarm-key FILE            once, on the host of the first organization;
  emr network import --swarm-key FILE            on each other host that has a store
  emr network export --public NAME.json          again on the host of the first organization: it
                                                 has the genesis block now; import it on the others`;

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

/** Each host does it for its own hospitals: their admins' keys are there. */
async function found(dir: string, signal: AbortSignal): Promise<void> {
  const here = await organizationsHere(dir);
  await using consortium = await openFabricConsortium(dir);
  const organizations = consortium.organizations.filter((mspId) =>
    here.some((organization) => organization.mspId === mspId),
  );
  await foundConsortium({ ...consortium, organizations }, signal);
}

/** As which host the folder was set up, where it was. */
async function hostHere(dir: string): Promise<string | undefined> {
  return (await isNetworkFolder(dir)) ? ((await networkHost(dir)) ?? undefined) : undefined;
}

async function bringUp(options: UpCommandOptions, call: Call): Promise<void> {
  const { dir, topology } = await wanted(options, call.host);
  const { output, signal } = call;
  const started = Date.now();
  const display = new PlanDisplay(call.host, output);
  try {
    await up(topology, {
      dir,
      contract: contractCommand(),
      host: options.host ?? (await hostHere(dir)),
      othersLimitMs: options.others * 1000,
      onProgress: display.onProgress,
      signal,
    });
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
    .option('--host <name>', "which of the topology's hosts this is, where there are several")
    .option('--others <seconds>', 'how long to wait for what other hosts must do', parseOthers, 600)
    .addHelpText('after', HOSTS_HELP)
    .action(async (options: UpCommandOptions, command: Command) => {
      await bringUp(options, new Call(host, command));
    });
}
