/**
 * The hospitals whose admins' keys are here: those of a network's folder on this host, or all of the
 * embedded consortium.
 *
 * @module
 */
import type { Ledger } from '@emr-share/gateway-client';
import type { MspId } from '@emr-share/model';
import { type Command, Option } from 'commander';
import type { Call } from '../../../call.js';
import type { FabricConsortium } from '../../../consortium/fabric-consortium.js';
import { ORGANIZATIONS } from '../../../data/organizations.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';
import { found, hospitalsHere, hospitalsOf, type Hospital } from './hospitals-here.js';

export interface AdminsOptions extends FolderOptions {
  readonly embedded?: true;
}

/** Gives a command the options `--dir` and `--embedded`. */
export function withAdminsOptions(command: Command): Command {
  const embedded = 'the embedded consortium of the data directory, in place of a network';
  return withFolderOption(command).addOption(new Option('--embedded', embedded).conflicts('dir'));
}

export interface AdminsHere extends AsyncDisposable {
  /** The hospitals that can be acted for, in their order. */
  readonly here: readonly MspId[];
  /** @throws CliError `USAGE` where the hospital is unknown, or its admin's keys are not here */
  hospitalHere(named: string): MspId;
  /** Any hospital. Throws CliError `USAGE`. */
  hospital(named: string): MspId;
  /** The ledger as the hospital's admin sees it. */
  ledger(mspId: MspId): Promise<Ledger>;
}

/**
 * @throws NetworkError `NETWORK_NOT_FOUND`, `STATE_INVALID`; CliError `NO_NETWORK`, `USAGE`; EmrError
 *   `LEDGER_BUSY`.
 */
export async function openAdmins(
  call: Call,
  options: AdminsOptions,
  host: Host,
): Promise<AdminsHere> {
  return options.embedded === true
    ? embeddedAdmins(call)
    : networkAdmins(await networkFolder(options, host));
}

async function networkAdmins(dir: string): Promise<AdminsHere> {
  const hospitals = await hospitalsOf(dir);
  const here = await hospitalsHere(dir);
  // Names are looked up first: a typing error needs no network that runs.
  let opened: Promise<FabricConsortium> | undefined;
  const consortium = (): Promise<FabricConsortium> => {
    opened ??= import('../../../consortium/fabric-consortium.js').then(({ openFabricConsortium }) =>
      openFabricConsortium(dir),
    );
    return opened;
  };
  return {
    ...named(hospitals, here),
    ledger: async (mspId) => {
      const network = await consortium();
      const { identity } = await network.admin(mspId);
      return network.ledger(identity);
    },
    [Symbol.asyncDispose]: async () => (await opened)?.[Symbol.asyncDispose](),
  };
}

async function embeddedAdmins(call: Call): Promise<AdminsHere> {
  const { data } = call;
  if (!(await data.hasConsortium())) {
    throw new CliError('USAGE', `there is no embedded consortium in ${data.path}`);
  }
  const { openConsortium } = await import('../../../data/embedded-network.js');
  const consortium = await openConsortium(call);
  const hospitals = ORGANIZATIONS.map((mspId) => ({
    name: mspId.replace(/MSP$/, '').toLowerCase(),
    mspId,
  }));
  return {
    ...named(hospitals, hospitals),
    ledger: (mspId) => Promise.resolve(consortium.ledger(consortium.admin(mspId).identity)),
    [Symbol.asyncDispose]: () => consortium.close(),
  };
}

function named(
  hospitals: readonly Hospital[],
  here: readonly Hospital[],
): Pick<AdminsHere, 'here' | 'hospitalHere' | 'hospital'> {
  return {
    here: here.map(({ mspId }) => mspId),
    hospitalHere: (name) => found(here, name, 'on this host'),
    hospital: (name) => found(hospitals, name, 'in this network'),
  };
}
