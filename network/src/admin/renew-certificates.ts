import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ensureIdentity, hasIdentity } from '../ca/enrol.js';
import { openEnroller } from '../ca/open-enroller.js';
import { NetworkError } from '../errors.js';
import { isCaTlsDue, renewCaTls } from '../nodes/ca-tls.js';
import { IDENTITIES, type NodeContext } from '../nodes/context.js';
import { ensureUp, runningRecord } from '../nodes/run-node.js';
import { type Node, nodesOfOrganization } from '../topology/topology.js';
import {
  certificateHolders,
  type CertificateHolder,
  certificatesOf,
} from '../up/certificate-holders.js';
import { ensureAligned } from '../up/members-step.js';
import { administer, type AdminOptions } from './administer.js';

export interface Renewal {
  name: string;
  /** When its certificates end now, the first of them; ISO 8601. */
  expires: string;
}

async function isDue(
  { organization, request }: CertificateHolder,
  context: NodeContext,
): Promise<boolean> {
  const paths = context.paths.organization(organization.name);
  return request === null ? isCaTlsDue(paths) : !(await hasIdentity(paths, request));
}

/** @throws {@link NetworkError} NODE_UNKNOWN with the names that there are */
async function chosen(
  name: string | undefined,
  context: NodeContext,
): Promise<CertificateHolder[]> {
  const all = certificateHolders(context.topology, context.paths);
  if (name !== undefined) {
    const found = all.filter((holder) => holder.name === name);
    if (found.length > 0) return found;
    const known = all.map((holder) => holder.name).join(', ');
    throw new NetworkError('NODE_UNKNOWN', { node: name, known });
  }
  const due = await Promise.all(all.map((holder) => isDue(holder, context)));
  return all.filter((_, i) => due[i]);
}

async function expiryOf(paths: readonly string[]): Promise<string> {
  const ends = await Promise.all(
    paths.map(async (path) => Date.parse(new X509Certificate(await readFile(path)).validTo)),
  );
  return new Date(Math.min(...ends)).toISOString();
}

/** Who has to start anew with the certificates: it itself, or the peers that present them. */
function usersOf({ name, organization, request }: CertificateHolder): readonly Node[] {
  if (request?.id === IDENTITIES.contractClient) return organization.peers;
  return nodesOfOrganization(organization).filter((node) => node.name === name);
}

async function renew(
  holder: CertificateHolder,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const { organization, request } = holder;
  if (request === null) {
    await renewCaTls(organization.ca, context, signal);
    return;
  }
  const paths = context.paths.organization(organization.name);
  const enroller = await openEnroller(organization, paths, signal);
  await ensureIdentity(enroller, request, { force: true });
  if (request.enrolment?.type === 'orderer') await ensureAligned(context, signal);
  for (const node of usersOf(holder)) {
    if ((await runningRecord(node, context.paths)) === null) continue;
    await ensureUp(node, context, signal);
  }
}

/**
 * Renews certificates in the running network, one holder after the other, and starts anew what uses
 * them: those that end within 30 days, or those of one node or identity whenever they end. Orderers
 * keep their keys, for Fabric knows them by these; their new certificates are put into the channel's
 * configuration, signed by the admins of a majority of the members. All others get new keys.
 *
 * @param name - a node, or an identity such as `admin.hospa`; left out: all that end soon
 * @throws {@link NetworkError} NODE_UNKNOWN, CA_REFUSED, REQUEST_FAILED where a CA does not run,
 *   COMMAND_FAILED, NODE_EXITED, NODE_UNHEALTHY
 */
export async function renewCertificates(
  dir: string,
  name?: string,
  options: AdminOptions = {},
): Promise<Renewal[]> {
  const { signal } = options;
  return administer(dir, 'renew certificates', options, async ({ topology, contextOf }) => {
    const context = contextOf(topology);
    const renewals: Renewal[] = [];
    for (const holder of await chosen(name, context)) {
      const started = Date.now();
      const step = { step: `renew.${holder.name}`, title: `Renew ${holder.name}` };
      options.onProgress?.({ kind: 'started', ...step });
      await renew(holder, context, signal);
      options.onProgress?.({ kind: 'finished', ...step, ms: Date.now() - started });
      const expires = await expiryOf(certificatesOf(holder, context.paths));
      renewals.push({ name: holder.name, expires });
    }
    return renewals;
  });
}
