/**
 * Whoever has certificates in a network's folder, and where those are.
 *
 * @module
 */
import type { IdentityRequest } from '../ca/enrol.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { caTlsCertificate } from '../nodes/ca-tls.js';
import type { Organization, Topology } from '../topology/topology.js';
import { identityRequests } from './identity-steps.js';

export interface CertificateHolder {
  /** `peer0.hospa`, `admin.hospa`: unique in the network. */
  name: string;
  organization: Organization;
  /** `null` for a CA server, which gets its certificate of itself. */
  request: IdentityRequest | null;
}

function holdersOf(organization: Organization, paths: NetworkPaths): CertificateHolder[] {
  const { name, ca } = organization;
  const requests = identityRequests(organization, paths.organization(name));
  return [
    { name: ca.name, organization, request: null },
    ...requests.map((request) => ({
      name: request.id.includes('.') ? request.id : `${request.id}.${name}`,
      organization,
      request,
    })),
  ];
}

export function certificateHolders(topology: Topology, paths: NetworkPaths): CertificateHolder[] {
  return topology.organizations.flatMap((organization) => holdersOf(organization, paths));
}

export function certificatesOf(
  { organization, request }: CertificateHolder,
  paths: NetworkPaths,
): string[] {
  if (request === null) return [caTlsCertificate(paths.organization(organization.name))];
  const { certificate, tlsCertificate } = request.paths;
  return [
    ...(request.enrolment === undefined ? [] : [certificate]),
    ...(request.tls === undefined ? [] : [tlsCertificate]),
  ];
}

/** Private keys; the CA server's own are among its files. */
export function keysOf({ request }: CertificateHolder): string[] {
  if (request === null) return [];
  const { key, tlsKey } = request.paths;
  return [
    ...(request.enrolment === undefined ? [] : [key]),
    ...(request.tls === undefined ? [] : [tlsKey]),
  ];
}
