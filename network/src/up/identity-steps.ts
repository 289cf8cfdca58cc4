/**
 * Steps that give an organization its CA and everybody in it a certificate.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CaClient, type CaName } from '../ca/ca-client.js';
import {
  ensureIdentity,
  ensureRegistrar,
  type Enroller,
  hasIdentity,
  type IdentityRequest,
  writeOrganizationMsp,
} from '../ca/enrol.js';
import { caServerConfig } from '../ca/server-config.js';
import { readIfThere, writeSecret } from '../files/atomic.js';
import type { OrganizationPaths } from '../files/network-paths.js';
import { endpoint, IDENTITIES, type NodeContext } from '../nodes/context.js';
import { ensureUp, isUp } from '../nodes/run-node.js';
import type { Node, Organization } from '../topology/topology.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const SECRET_BYTES = 32;
const CONFIG_FILE = 'fabric-ca-server-config.yaml';

/** Names by which a node of that host may be dialled: they stand in its TLS certificate. */
function hostsOf({ address }: { address: string }, ...names: string[]): string[] {
  return [...new Set([address, 'localhost', '127.0.0.1', ...names])];
}

async function registrarSecret(paths: OrganizationPaths): Promise<string> {
  const known = await readIfThere(paths.registrarSecret);
  if (known !== null) return known;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await writeSecret(paths.registrarSecret, secret);
  return secret;
}

async function writeCaConfig(organization: Organization, paths: OrganizationPaths): Promise<void> {
  const secret = await registrarSecret(paths);
  const hosts = hostsOf(organization, organization.ca.name);
  const homes: [CaName, string][] = [
    ['ca', paths.caHome],
    ['tlsca', paths.tlsCaHome],
  ];
  for (const [ca, home] of homes) {
    await writeSecret(join(home, CONFIG_FILE), caServerConfig(organization, ca, secret, hosts));
  }
}

function caStep(organization: Organization, context: NodeContext): Step {
  const { ca, name } = organization;
  const paths = context.paths.organization(name);
  return {
    id: `ca.${name}`,
    title: `Start the certificate authority of ${name}`,
    after: [],
    estimateMs: 2_000,
    fingerprint: fingerprint(ca, context.topology.tools.fabricCa),
    isDone: () => isUp(ca, context),
    run: async (signal) => {
      await writeCaConfig(organization, paths);
      await ensureUp(ca, context, signal);
    },
  };
}

function nodeRequests(nodes: readonly Node[], paths: OrganizationPaths): IdentityRequest[] {
  return nodes.flatMap((node): IdentityRequest[] => {
    const base = { id: node.name, paths: paths.node(node.short) };
    const tls = { hosts: hostsOf(node, node.name) };
    if (node.role === 'peer') return [{ ...base, enrolment: { type: 'peer' }, tls }];
    if (node.role === 'orderer') return [{ ...base, enrolment: { type: 'orderer' }, tls }];
    return node.role === 'contract' ? [{ ...base, tls }] : [];
  });
}

/** Everybody in an organization who has a certificate from the start. */
export function identityRequests(
  organization: Organization,
  paths: OrganizationPaths,
): IdentityRequest[] {
  const { name, orderer, peers, contract, users } = organization;
  const nodes = [orderer, ...peers, contract].filter((node) => node !== null);
  const clients = [IDENTITIES.operator, ...(contract === null ? [] : [IDENTITIES.contractClient])];
  return [
    ...nodeRequests(nodes, paths),
    ...clients.map((id) => ({ id, paths: paths.node(id), tls: { hosts: [id] } })),
    {
      id: IDENTITIES.admin,
      paths: paths.user(IDENTITIES.admin),
      enrolment: { type: 'admin', attributes: { 'emr.user': `admin-${name}`, role: 'admin' } },
    },
    ...users.map((user) => ({
      id: user.name,
      paths: paths.user(user.name),
      enrolment: { type: 'client' as const, attributes: user.attributes },
    })),
  ];
}

async function enrollerOf(
  organization: Organization,
  paths: OrganizationPaths,
  signal: AbortSignal,
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

function identitiesStep(organization: Organization, context: NodeContext): Step {
  const { name } = organization;
  const paths = context.paths.organization(name);
  const requests = identityRequests(organization, paths);
  return {
    id: `identities.${name}`,
    title: `Enrol the nodes and users of ${name}`,
    after: [`ca.${name}`],
    estimateMs: 3_000,
    fingerprint: fingerprint(requests.map(({ id, enrolment, tls }) => ({ id, enrolment, tls }))),
    isDone: async () => {
      const have = await Promise.all(requests.map((request) => hasIdentity(paths, request)));
      return have.every(Boolean);
    },
    run: async (signal) => {
      const enroller = await enrollerOf(organization, paths, signal);
      for (const request of requests) {
        signal.throwIfAborted();
        await ensureIdentity(enroller, request);
      }
    },
  };
}

export function identitySteps(context: NodeContext): Step[] {
  return context.topology.organizations.flatMap((organization) => [
    caStep(organization, context),
    identitiesStep(organization, context),
  ]);
}
