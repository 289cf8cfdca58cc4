/**
 * Steps that give an organization its CA and everybody in it a certificate.
 *
 * @module
 */
import { join } from 'node:path';
import type { CaName } from '../ca/ca-client.js';
import { ensureIdentity, hasIdentity, type IdentityRequest } from '../ca/enrol.js';
import { openEnroller, registrarSecret } from '../ca/open-enroller.js';
import { caServerConfig } from '../ca/server-config.js';
import { writeSecret } from '../files/atomic.js';
import type { OrganizationPaths } from '../files/network-paths.js';
import { IDENTITIES, type NodeContext } from '../nodes/context.js';
import { isCaTlsDue, renewCaTls } from '../nodes/ca-tls.js';
import { ensureUp, isUp } from '../nodes/run-node.js';
import type { Node, Organization } from '../topology/topology.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const CONFIG_FILE = 'fabric-ca-server-config.yaml';

/** Names by which a node of that host may be dialled: they stand in its TLS certificate. */
function hostsOf({ address }: { address: string }, ...names: string[]): string[] {
  return [...new Set([address, 'localhost', '127.0.0.1', ...names])];
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
    isDone: async () => (await isUp(ca, context)) && !(await isCaTlsDue(paths)),
    run: async (signal) => {
      await writeCaConfig(organization, paths);
      if (await isCaTlsDue(paths)) await renewCaTls(ca, context, signal);
      await ensureUp(ca, context, signal);
    },
  };
}

function nodeRequests(nodes: readonly Node[], paths: OrganizationPaths): IdentityRequest[] {
  return nodes.flatMap((node): IdentityRequest[] => {
    const base = { id: node.name, paths: paths.node(node.short) };
    const tls = { hosts: hostsOf(node, node.name) };
    if (node.role === 'peer') return [{ ...base, enrolment: { type: 'peer' }, tls }];
    if (node.role === 'orderer') {
      // The channel's configuration names orderers by their certificates, and Fabric knows them by the
      // keys in those: with a new key an orderer would be a stranger.
      return [{ ...base, enrolment: { type: 'orderer' }, tls, keepsKeys: true }];
    }
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
      const enroller = await openEnroller(organization, paths, signal);
      for (const request of requests) {
        signal.throwIfAborted();
        await ensureIdentity(enroller, request);
      }
    },
  };
}

export function identitySteps(context: NodeContext): Step[] {
  return context.local.organizations.flatMap((organization) => [
    caStep(organization, context),
    identitiesStep(organization, context),
  ]);
}
