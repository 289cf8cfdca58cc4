import { administer, type AdminOptions } from '../admin/administer.js';
import { organizationNamed } from '../admin/member.js';
import { NetworkError } from '../errors.js';
import { type OnProgress, silent } from '../progress.js';
import { startSupervisor, stopSupervisor, supervisorReport } from '../supervise/detached.js';
import { nodesOfOrganization, type Organization, type Topology } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import { runPlan } from '../up/plan.js';
import { requirePorts } from '../up/ports-free.js';
import { requireLost } from './lost-site.js';
import { isRestoring, markRestoring, unmarkRestoring } from './restore-mark.js';
import { siteSteps } from './site-steps.js';

const CONCURRENCY = 4;

/** A site whose nodes run again. */
export interface RestoredSite {
  organization: string;
  mspId: string;
  /** Whether this went on with a restore that had been begun. */
  resumed: boolean;
}

function requireRestorable({ name, kind }: Organization, { ordering }: Topology): void {
  const action = `restore the site ${name}`;
  if (kind !== 'hospital') {
    const problem = 'it is no hospital; only a hospital holds what the others can give back';
    throw new NetworkError('ADMIN_REFUSED', { action, problem });
  }
  if (ordering.type !== 'bft') {
    const problem = 'this network orders by Raft, and sites are restored where ordering is BFT';
    throw new NetworkError('ADMIN_REFUSED', { action, problem });
  }
}

/** Steps of two plans, shown as one. */
function added(onProgress: OnProgress): OnProgress {
  let planned = 0;
  return (event) => {
    if (event.kind !== 'planned') {
      onProgress(event);
      return;
    }
    planned += event.steps;
    onProgress({ kind: 'planned', steps: planned });
  };
}

/** Steps whose outcome was at the site, and those that tell its stores about each other. */
function isDueAgain(lost: Organization): (step: string) => boolean {
  const owners = [lost, ...nodesOfOrganization(lost)].map(({ name }) => `.${name}`);
  return (step) =>
    step === 'swarm' || step === 'peering' || owners.some((owner) => step.endsWith(owner));
}

/**
 * Makes the site of a hospital anew of which nothing is left: its CA with new roots, the identities of
 * its nodes and its admin, its orderer, its peers with the whole ledger, its contract service and its
 * store, which is empty. First the lost root is ended on the channel, by the admins of a majority of
 * the members without this one. Repeated after an interruption, it goes on where it stopped. Afterwards
 * the hospital's custodian key, content and users are to be seen to, then {@link finishRestore}.
 *
 * @param name - the hospital's, in the topology, or its MSP ID
 * @throws {@link NetworkError} ADMIN_REFUSED where the site is not lost; ORGANIZATION_UNKNOWN;
 *   COMMAND_FAILED where the others do not agree; PORTS_TAKEN, NODE_EXITED, NODE_UNHEALTHY, TIMEOUT
 */
export async function restoreSite(
  dir: string,
  name: string,
  options: AdminOptions = {},
): Promise<RestoredSite> {
  const { signal } = options;
  const onProgress = added(options.onProgress ?? silent);
  const { topology: known, paths } = await openNetwork(dir);
  const lost = organizationNamed(known, name);
  requireRestorable(lost, known);
  const progress = { ...options, onProgress };
  return administer(dir, `restore the site ${lost.name}`, progress, async (workplace) => {
    const { topology, state, contextOf, bringTo } = workplace;
    const resumed = await isRestoring(paths, lost.name);
    if (!resumed) {
      await requireLost(lost, paths);
      await requirePorts(topology, paths);
      await state.forget(isDueAgain(lost));
      await markRestoring(paths, lost.name);
    }
    const context = contextOf(topology);
    const isSupervised = (await supervisorReport(dir)).pid !== null;
    await stopSupervisor(paths);
    try {
      const record = {
        fingerprintOf: (step: string) => state.fingerprintOf(step),
        finish: (step: string, fingerprint: string) => state.finish(step, fingerprint),
      };
      const plan = { record, onProgress, concurrency: CONCURRENCY, signal };
      await runPlan(siteSteps(organizationNamed(topology, lost.name), context), plan);
      await bringTo(context);
    } finally {
      if (isSupervised) await startSupervisor(paths, options.tools);
    }
    return { organization: lost.name, mspId: lost.mspId, resumed };
  });
}

/** Ends a restore: from now on the site is a site like the others. @throws as {@link restoreSite} */
export async function finishRestore(dir: string, name: string): Promise<void> {
  const { topology, paths } = await openNetwork(dir);
  await unmarkRestoring(paths, organizationNamed(topology, name).name);
}
