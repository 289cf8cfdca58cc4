/**
 * The hospitals that a command names, or acts for: those whose keys are on this host.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import { networkTopology, organizationsHere } from '@emr-share/network';
import { CliError } from '../../../errors/cli-error.js';

/** By its name in the topology, and its MSP ID. */
export interface Hospital {
  readonly name: string;
  readonly mspId: MspId;
}

/** In the order of the topology. */
export async function hospitalsHere(dir: string): Promise<readonly Hospital[]> {
  const organizations = await organizationsHere(dir);
  return organizations.filter(({ peers }) => peers.length > 0);
}

/** @throws CliError `USAGE` where the hospital is unknown, or on another host. */
export async function hospitalHere(dir: string, named: string): Promise<MspId> {
  return found(await hospitalsHere(dir), named, 'on this host');
}

/** All hospitals of the network, whatever their host. */
export async function hospitalsOf(dir: string): Promise<readonly Hospital[]> {
  const { organizations } = await networkTopology(dir);
  return organizations.filter(({ peers }) => peers.length > 0);
}

/** The hospital of that name or MSP ID. Throws CliError `USAGE`. */
export function found(hospitals: readonly Hospital[], named: string, where: string): MspId {
  const hospital = hospitals.find(({ name, mspId }) => name === named || mspId === named);
  if (hospital !== undefined) return hospital.mspId;
  const known = hospitals.map(({ name }) => name).join(', ');
  throw new CliError('USAGE', `there is no hospital ${named} ${where}; there are: ${known}`);
}
