import type { Enroller } from '../ca/enrol.js';
import { openEnroller } from '../ca/open-enroller.js';
import { NetworkError } from '../errors.js';
import type { Organization, Topology } from '../topology/topology.js';
import { openNetwork, type OpenNetwork } from '../up/open-network.js';

/** An organization of a network that is set up, and its CA server opened as its registrar. */
export interface Member {
  network: OpenNetwork;
  organization: Organization;
  enroller: Enroller;
}

/**
 * @param name - its name in the topology, or its MSP ID
 * @throws {@link NetworkError} ORGANIZATION_UNKNOWN
 */
export function organizationNamed({ organizations }: Topology, name: string): Organization {
  const found = organizations.find((one) => one.name === name || one.mspId === name);
  if (found !== undefined) return found;
  const known = organizations.map((one) => one.name).join(', ');
  throw new NetworkError('ORGANIZATION_UNKNOWN', { organization: name, known });
}

/** @throws {@link NetworkError} NETWORK_NOT_FOUND, ORGANIZATION_UNKNOWN, CA_REFUSED, REQUEST_FAILED */
export async function openMember(dir: string, name: string, signal?: AbortSignal): Promise<Member> {
  const network = await openNetwork(dir);
  const organization = organizationNamed(network.topology, name);
  const paths = network.paths.organization(organization.name);
  return { network, organization, enroller: await openEnroller(organization, paths, signal) };
}
