/**
 * Identities of an organization, from its CA into the folders that Fabric reads: an MSP folder for
 * the enrolment certificate, a TLS folder beside it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readIfThere, writeFileAtomic, writeSecret } from '../files/atomic.js';
import type { IdentityPaths, OrganizationPaths } from '../files/network-paths.js';
import { type Attribute, type CaClient, type Credentials, type IdentityType } from './ca-client.js';
import { certificateProblem, readCredentials } from './certificate.js';
import { makeCertificateRequest } from './certificate-request.js';
import { REGISTRAR } from './server-config.js';

const SECRET_BYTES = 32;

/** One identity to have: of the enrolment CA, of the TLS CA, or of both. */
export interface IdentityRequest {
  id: string;
  paths: IdentityPaths;
  /** What its enrolment certificate says it is; left out, it gets none. */
  enrolment?: { type: IdentityType; attributes?: Readonly<Record<string, string>> };
  /** Hosts of its TLS certificate; left out, it gets none. */
  tls?: { hosts: readonly string[] };
  /** Whether its keys stay when its certificates are renewed, for others know it by them. */
  keepsKeys?: boolean;
}

/** An organization's CA server as one who may register there. */
export interface Enroller {
  paths: OrganizationPaths;
  ca: CaClient;
  tlsca: CaClient;
  /** The registrar's certificate at each. */
  registrar: { ca: Credentials; tlsca: Credentials };
}

/** Tells MSPs by which organizational unit a certificate is a client's, a peer's, … */
export function nodeOusConfig(): string {
  const identifier = (ou: string): object => ({
    Certificate: 'cacerts/ca.pem',
    OrganizationalUnitIdentifier: ou,
  });
  return stringify({
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: identifier('client'),
      PeerOUIdentifier: identifier('peer'),
      AdminOUIdentifier: identifier('admin'),
      OrdererOUIdentifier: identifier('orderer'),
    },
  });
}

/** Writes what makes a folder an MSP folder, but for the identity in it. */
export async function writeMspFrame(dir: string, caPem: string, tlsCaPem: string): Promise<void> {
  await writeFileAtomic(join(dir, 'cacerts', 'ca.pem'), caPem);
  await writeFileAtomic(join(dir, 'tlscacerts', 'tlsca.pem'), tlsCaPem);
  await writeFileAtomic(join(dir, 'config.yaml'), nodeOusConfig());
}

/** The organization's public MSP folder: roots and units, for the channel configuration. */
export async function writeOrganizationMsp(
  paths: OrganizationPaths,
  ca: CaClient,
  tlsca: CaClient,
): Promise<void> {
  await writeMspFrame(paths.msp, await ca.caCertificate(), await tlsca.caCertificate());
}

/** The key first: a certificate without its key would look like an identity. */
async function writeCredentials(
  { certificate, key }: Credentials,
  certificatePath: string,
  keyPath: string,
): Promise<void> {
  await writeSecret(keyPath, key);
  await writeFileAtomic(certificatePath, certificate);
}

async function isUsable(
  certificatePath: string,
  keyPath: string,
  issuerPath: string,
): Promise<boolean> {
  const credentials = await readCredentials(certificatePath, keyPath);
  const issuer = await readIfThere(issuerPath);
  if (credentials === null || issuer === null) return false;
  return certificateProblem(credentials, issuer, Date.now()) === null;
}

/** Registers under a secret that nobody keeps, and enrols with it at once. */
async function issue(
  ca: CaClient,
  registrar: Credentials,
  identity: { id: string; type: IdentityType; attributes: readonly Attribute[] },
  { hosts, keyPem }: { hosts: readonly string[]; keyPem: string | null },
): Promise<Credentials> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await ca.register(registrar, { ...identity, secret });
  const { csr, key } = await makeCertificateRequest(identity.id, hosts, keyPem ?? undefined);
  return { certificate: await ca.enroll(identity.id, secret, csr), key };
}

/** The key to go on with, of an identity that keeps its keys and has one. */
function keptKey({ keepsKeys = false }: IdentityRequest, path: string): Promise<string | null> {
  return keepsKeys ? readIfThere(path) : Promise.resolve(null);
}

async function ensureEnrolment(
  enroller: Enroller,
  request: IdentityRequest,
  isForced: boolean,
): Promise<void> {
  const { id, paths, enrolment } = request;
  if (enrolment === undefined) return;
  const { certificate, key } = paths;
  const { caCertificate } = enroller.paths;
  if (!isForced && (await isUsable(certificate, key, caCertificate))) return;
  const attributes = Object.entries(enrolment.attributes ?? {}).map(([name, value]) => ({
    name,
    value,
    ecert: true,
  }));
  const [caPem, tlsCaPem] = await Promise.all([
    readIfThere(enroller.paths.caCertificate),
    readIfThere(enroller.paths.tlsCaCertificate),
  ]);
  await writeMspFrame(paths.msp, caPem ?? '', tlsCaPem ?? '');
  const { type } = enrolment;
  const issued = await issue(
    enroller.ca,
    enroller.registrar.ca,
    { id, type, attributes },
    {
      hosts: [],
      keyPem: await keptKey(request, key),
    },
  );
  await writeCredentials(issued, certificate, key);
}

async function ensureTls(
  enroller: Enroller,
  request: IdentityRequest,
  isForced: boolean,
): Promise<void> {
  const { id, paths, tls } = request;
  if (tls === undefined) return;
  const { tlsCertificate, tlsKey, tlsCa } = paths;
  const issuer = enroller.paths.tlsCaCertificate;
  if (!isForced && (await isUsable(tlsCertificate, tlsKey, issuer))) return;
  await writeFileAtomic(tlsCa, (await readIfThere(issuer)) ?? '');
  const identity = { id, type: 'client', attributes: [] } as const;
  const issued = await issue(enroller.tlsca, enroller.registrar.tlsca, identity, {
    hosts: tls.hosts,
    keyPem: await keptKey(request, tlsKey),
  });
  await writeCredentials(issued, tlsCertificate, tlsKey);
}

/**
 * Gets what the identity lacks; a certificate that is there, sound and not about to end is kept,
 * unless `force`.
 * Safe to repeat after an interruption at any point.
 *
 * @throws NetworkError CA_REFUSED, REQUEST_FAILED
 */
export async function ensureIdentity(
  enroller: Enroller,
  request: IdentityRequest,
  options: { force?: boolean } = {},
): Promise<void> {
  const { force = false } = options;
  await ensureEnrolment(enroller, request, force);
  await ensureTls(enroller, request, force);
}

/** Whether {@link ensureIdentity} would have nothing to do. */
export async function hasIdentity(
  organization: OrganizationPaths,
  { paths, enrolment, tls }: IdentityRequest,
): Promise<boolean> {
  const { caCertificate, tlsCaCertificate } = organization;
  const [enrolled, secured] = await Promise.all([
    enrolment === undefined || isUsable(paths.certificate, paths.key, caCertificate),
    tls === undefined || isUsable(paths.tlsCertificate, paths.tlsKey, tlsCaCertificate),
  ]);
  return enrolled && secured;
}

/** The registrar's own certificate at one of the CAs, by the secret of the server's configuration. */
export async function ensureRegistrar(
  ca: CaClient,
  paths: IdentityPaths,
  issuerPath: string,
  secret: string,
): Promise<Credentials> {
  if (!(await isUsable(paths.certificate, paths.key, issuerPath))) {
    const { csr, key } = await makeCertificateRequest(REGISTRAR, []);
    const certificate = await ca.enroll(REGISTRAR, secret, csr);
    await writeCredentials({ certificate, key }, paths.certificate, paths.key);
  }
  const credentials = await readCredentials(paths.certificate, paths.key);
  if (credentials === null) throw new Error(`${paths.certificate} vanished`);
  return credentials;
}
