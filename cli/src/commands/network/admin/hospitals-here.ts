/**
 * The hospitals that a command names, or acts for: those whose keys are on this host.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import { networkTopology, organizationsHere } from '@emr-share/network';
import { CliError } from '../../../errors/cli-error.js';

interface Named {
  readonly name: string;
  readonly mspId: MspId;
}

/** In the order of the topology. */
export async function hospitalsHere(dir: string): Promise<readonly Named[]> {
  const organizations = await organizationsHere(dir);
  return organizations.filter(({ peers }) => peers.length > 0);
}

/** @throws CliError `USAGE` where the hospital is unknown, or on another host. */
export async function hospitalHere(dir: string, named: string): Promise<MspId> {
  return found(await hospitalsHere(dir), named, 'on this host');
}

/** Hospitals of the network, whatever their host. Throws `USAGE`. */
export async function hospitalsNamed(
  dir: string,
  named: readonly string[],
): Promise<readonly MspId[]> {
  const { organizations } = await networkTopology(dir);
  const hospitals = organizations.filter(({ peers }) => peers.length > 0);
  return named.map((name) => found(hospitals, name, 'in this network'));
}

function found(hospitals: readonly Named[], named: string, where: string): MspId {
  const hospital = hospitals.find(({ name, mspId }) => name === named || mspId === named);
  if (hospital !== undefined) return hospital.mspId;
  const known = hospitals.map(({ name }) => name).join(', ');
  throw new CliError('USAGE', `there is no hospital ${named} ${where}; there are: ${known}`);
}
