import { ensureIdentity, hasIdentity } from '../ca/enrol.js';
import { openEnroller } from '../ca/open-enroller.js';
import { type NodeContext, organizationOf } from '../nodes/context.js';
import { runningRecord } from '../nodes/run-node.js';
import type { Node } from '../topology/topology.js';
import { identityRequests } from './identity-steps.js';

/**
 * Renews a node's certificates where they are missing or end soon and the CA that issues them runs.
 * A node goes on with those that it has until it is started.
 *
 * @throws {@link NetworkError} CA_REFUSED, REQUEST_FAILED
 */
export async function renewBeforeStart(
  node: Node,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const organization = organizationOf(context.topology, node.organization);
  const paths = context.paths.organization(organization.name);
  const request = identityRequests(organization, paths).find(({ id }) => id === node.name);
  if (request === undefined || (await hasIdentity(paths, request))) return;
  if ((await runningRecord(organization.ca, context.paths)) === null) return;
  await ensureIdentity(await openEnroller(organization, paths, signal), request);
}
