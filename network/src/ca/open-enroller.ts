/**
 * An organization's CA server, opened as its registrar.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeSecret } from '../files/atomic.js';
import type { OrganizationPaths } from '../files/network-paths.js';
import { endpoint } from '../nodes/context.js';
import type { Organization } from '../topology/topology.js';
import { CaClient, type CaName } from './ca-client.js';
import { ensureRegistrar, type Enroller, writeOrganizationMsp } from './enrol.js';

const SECRET_BYTES = 32;

/** The secret that the CA server's configuration knows the registrar by; made at the first call. */
export async function registrarSecret(paths: OrganizationPaths): Promise<string> {
  const known = await readIfThere(paths.registrarSecret);
  if (known !== null) return known;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await writeSecret(paths.registrarSecret, secret);
  return secret;
}

/**
 * Who may register and enrol at an organization's two CAs.
 *
 * @throws NetworkError CA_REFUSED, REQUEST_FAILED
 */
export async function openEnroller(
  organization: Organization,
  paths: OrganizationPaths,
  signal?: AbortSignal,
): Promise<Enroller> {
  const url = `https://${endpoint(organization.address, organization.ca.ports.api)}`;
  const trust = (await readIfThere(join(paths.caHome, 'ca-cert.pem'))) ?? '';
  const ca = new CaClient(url, trust, 'ca', signal);
  const tlsca = new CaClient(url, trust, 'tlsca', signal);
  await writeOrganizationMsp(paths, ca, tlsca);
  const secret = await registrarSecret(paths);
  const registrar = (name: CaName): ReturnType<typeof ensureRegistrar> => {
    const [client, issuer] =
      name === 'ca' ? [ca, paths.caCertificate] : [tlsca, paths.tlsCaCertificate];
    return ensureRegistrar(client, paths.registrar(name), issuer, secret);
  };
  return {
    paths,
    ca,
    tlsca,
    registrar: { ca: await registrar('ca'), tlsca: await registrar('tlsca') },
  };
}
