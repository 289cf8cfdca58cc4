import { X509Certificate } from 'node:crypto';
import type { CaIdentity } from '../ca/ca-client.js';
import { REGISTRAR } from '../ca/server-config.js';
import { serialOf } from '../ca/serial.js';
import { type Member, openMember } from './member.js';

/** A certificate that an organization's CA issued. */
export interface IssuedCertificate {
  /** Hexadecimal, lower case, without leading zeros. */
  serial: string;
  /** ISO 8601. */
  validFrom: string;
  expires: string;
  revoked: boolean;
}

/** Somebody or something that an organization's CA knows. */
export interface RegisteredUser {
  /** The name at the CA. */
  id: string;
  organization: string;
  /** `client` for people and services; `peer`, `orderer`, `admin`. */
  type: string;
  /** The pseudonymous ID on the ledger, the certificate attribute `emr.user`. */
  userId: string | null;
  role: string | null;
  department: string | null;
  /** The newest first. */
  certificates: readonly IssuedCertificate[];
}

function issued(pem: string, good: ReadonlySet<string>): { id: string } & IssuedCertificate {
  const certificate = new X509Certificate(pem);
  const serial = serialOf(certificate);
  return {
    id: /(?:^|\n)CN=(.*)/.exec(certificate.subject)?.[1] ?? '',
    serial,
    validFrom: new Date(certificate.validFrom).toISOString(),
    expires: new Date(certificate.validTo).toISOString(),
    revoked: !good.has(serial),
  };
}

function userOf(
  { id, type, attributes }: CaIdentity,
  organization: string,
  certificates: readonly ReturnType<typeof issued>[],
): RegisteredUser {
  const { 'emr.user': userId = null, role = null, department = null } = attributes;
  const own = certificates
    .filter((certificate) => certificate.id === id)
    .map(({ serial, validFrom, expires, revoked }) => ({ serial, validFrom, expires, revoked }))
    .sort((a, b) => b.validFrom.localeCompare(a.validFrom));
  return { id, organization, type, userId, role, department, certificates: own };
}

/** Everybody known to the organization's enrolment CA, but for its registrar. */
export async function usersOf({ enroller, organization }: Member): Promise<RegisteredUser[]> {
  const { ca, registrar } = enroller;
  const [identities, all, notRevoked] = [
    await ca.identities(registrar.ca),
    await ca.certificates(registrar.ca),
    await ca.certificates(registrar.ca, { notRevoked: true }),
  ];
  const good = new Set(notRevoked.map((pem) => serialOf(new X509Certificate(pem))));
  const certificates = all.map((pem) => issued(pem, good));
  return identities
    .filter(({ id }) => id !== REGISTRAR)
    .map((identity) => userOf(identity, organization.name, certificates));
}

/**
 * People, services and nodes that the organization's CA knows, with their certificates. Asked as
 * the organization's registrar.
 *
 * @param organization - its name in the topology, or its MSP ID
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, ORGANIZATION_UNKNOWN, CA_REFUSED, REQUEST_FAILED
 */
export async function listUsers(
  dir: string,
  organization: string,
  signal?: AbortSignal,
): Promise<RegisteredUser[]> {
  return usersOf(await openMember(dir, organization, signal));
}
