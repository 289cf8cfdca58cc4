/**
 * What a host tells the others of its organizations: certificates and peer IDs, nothing secret. A
 * JSON file that admins hand to each other by whatever way; what it claims is checked against
 * itself and the topology, and its fingerprints are for comparing over another way.
 *
 * @module
 */
import { createHash, X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import type { Node, Organization, Topology } from '../topology/topology.js';

const FORMAT = 1;
/** Far more than the certificates of a consortium; a larger file is none of ours. */
export const MAX_MATERIAL_BYTES = 16 * 1024 * 1024;

const Pem = v.pipe(
  v.string(),
  v.maxLength(16_384),
  v.regex(
    /^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*$/,
    'must be one certificate in PEM',
  ),
);

const OrganizationMaterial = v.strictObject({
  name: v.string(),
  mspId: v.string(),
  caCertificate: Pem,
  tlsCaCertificate: Pem,
  orderer: v.nullable(v.strictObject({ certificate: Pem, tlsCertificate: Pem })),
  kubo: v.nullable(
    v.strictObject({
      peerId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{20,128}$/, 'must be a peer ID')),
    }),
  ),
});
/** One organization's public part. */
export type OrganizationMaterial = v.InferOutput<typeof OrganizationMaterial>;

const PublicMaterial = v.strictObject({
  format: v.literal(FORMAT),
  network: v.string(),
  /** {@link topologyDigest} of the topology that the host was set up from. */
  topology: v.string(),
  host: v.string(),
  organizations: v.pipe(v.array(OrganizationMaterial), v.minLength(1, 'must not be empty')),
  /** The channel's first block, from the host that makes it. */
  genesisBlock: v.nullable(v.pipe(v.string(), v.base64('must be base64'))),
});
export type PublicMaterial = v.InferOutput<typeof PublicMaterial>;

function commonPart({ users: _users, stateDatabase: _own, ...common }: Organization): object {
  return common;
}

/** SHA-256 of what all hosts must have in common; the rest is each host's own. */
export function topologyDigest({ organizations, tools: _, ...rest }: Topology): string {
  const common = { ...rest, organizations: organizations.map(commonPart) };
  return createHash('sha256').update(JSON.stringify(common)).digest('hex');
}

export function encodeMaterial(material: Omit<PublicMaterial, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...material }, null, 2)}\n`;
}

/** SHA-256 over the DER form, as `openssl x509 -fingerprint -sha256` shows it. */
export function certificateFingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

function rootProblem(what: string, pem: string, now: number): string[] {
  const certificate = new X509Certificate(pem);
  if (!certificate.ca) return [`${what} is not a CA's`];
  if (!certificate.verify(certificate.publicKey)) return [`${what} is not signed by itself`];
  return Date.parse(certificate.validTo) < now ? [`${what} ended ${certificate.validTo}`] : [];
}

function leafProblem(what: string, pem: string, issuerPem: string, now: number): string[] {
  const [leaf, issuer] = [new X509Certificate(pem), new X509Certificate(issuerPem)];
  if (!leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey)) {
    return [`${what} is not of its organization's CA`];
  }
  return Date.parse(leaf.validTo) < now ? [`${what} ended ${leaf.validTo}`] : [];
}

function ordererProblems(
  orderer: Node<'orderer'>,
  material: OrganizationMaterial,
  now: number,
): string[] {
  const { name, address } = orderer;
  if (material.orderer === null) return [`${name} is missing`];
  const { certificate, tlsCertificate } = material.orderer;
  const tls = new X509Certificate(tlsCertificate);
  const isNamed = tls.checkHost(address) ?? tls.checkIP(address);
  return [
    ...leafProblem(`the certificate of ${name}`, certificate, material.caCertificate, now),
    ...leafProblem(
      `the TLS certificate of ${name}`,
      tlsCertificate,
      material.tlsCaCertificate,
      now,
    ),
    ...(isNamed === undefined ? [`the TLS certificate of ${name} is not for ${address}`] : []),
  ];
}

function organizationProblems(
  organization: Organization,
  material: OrganizationMaterial | undefined,
  now: number,
): string[] {
  const { name, mspId, orderer, kubo } = organization;
  if (material === undefined) return [`${name} is missing`];
  if (material.mspId !== mspId) return [`${name} has another MSP ID in the topology`];
  const roots = [
    ...rootProblem(`the CA certificate of ${name}`, material.caCertificate, now),
    ...rootProblem(`the TLS CA certificate of ${name}`, material.tlsCaCertificate, now),
  ];
  return [
    ...roots,
    ...(orderer === null ? [] : ordererProblems(orderer, material, now)),
    ...(kubo !== null && material.kubo === null ? [`${kubo.name} is missing`] : []),
  ];
}

/** What is wrong with the material of another host; empty when nothing is. */
function problemsOf(
  material: PublicMaterial,
  topology: Topology,
  here: string | null,
  now: number,
): string[] {
  const { host, organizations } = material;
  if (material.network !== topology.name) return [`it is of the network ${material.network}`];
  if (host === here) return ['it is of this very host'];
  if (!Object.hasOwn(topology.hosts, host)) return [`the topology has no host ${host}`];
  if (material.topology !== topologyDigest(topology)) {
    return ['its host was set up from a topology that differs from the one here'];
  }
  const expected = topology.organizations.filter((organization) => organization.host === host);
  const foreign = organizations
    .map(({ name }) => name)
    .filter(
      (name, i, all) => !expected.some((one) => one.name === name) || all.indexOf(name) !== i,
    );
  return [
    ...foreign.map(
      (name) => `it speaks of ${name}, which is not for ${host} to do, or does so twice`,
    ),
    ...expected.flatMap((organization) =>
      organizationProblems(
        organization,
        organizations.find(({ name }) => name === organization.name),
        now,
      ),
    ),
  ];
}

/**
 * Reads what another host has exported.
 *
 * @param source - how messages call it
 * @param here - this host
 * @throws {@link NetworkError} MATERIAL_INVALID with everything that is wrong
 */
export function decodeMaterial(
  text: string,
  source: string,
  topology: Topology,
  here: string | null,
): PublicMaterial {
  const invalid = (problem: string, cause?: unknown): NetworkError =>
    new NetworkError('MATERIAL_INVALID', { source, problem }, { cause });
  if (text.includes('PRIVATE KEY'))
    throw invalid('it holds a private key, which must not leave its host');
  let material: PublicMaterial;
  try {
    material = v.parse(PublicMaterial, JSON.parse(text));
  } catch (error) {
    throw invalid(`not what export --public writes (${problemOf(error).slice(0, 200)})`, error);
  }
  let problems: string[];
  try {
    problems = problemsOf(material, topology, here, Date.now());
  } catch (error) {
    throw invalid('a certificate in it cannot be read', error);
  }
  if (problems.length > 0) throw invalid(problems.join('; '));
  return material;
}
