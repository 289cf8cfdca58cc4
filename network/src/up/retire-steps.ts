import { PeerCli } from '../channel/peer-cli.js';
import type { NodeContext } from '../nodes/context.js';
import { hasPrevious, retirePrevious } from '../nodes/previous-service.js';
import { hospitals, type Node, type Organization } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const LIMIT_MS = 90_000;

/** A peer goes over to the new contract with the block that commits it. */
async function awaitNewContract(
  peer: Node<'peer'>,
  context: NodeContext,
  signal: AbortSignal,
): Promise<void> {
  const cli = new PeerCli(context, peer, signal);
  const { sequence, version } = context.topology.contract;
  const limit = { limitMs: LIMIT_MS, signal };
  await waitFor(`${peer.name} runs contract version ${version}`, limit, async () => {
    const committed = await cli.committed();
    if (committed === null || committed.sequence < sequence) return null;
    await cli.askContract();
    return true;
  });
}

function retireStep(
  service: Node<'contract'>,
  { peers }: Organization,
  context: NodeContext,
): Step {
  return {
    id: `retire.${service.name}`,
    title: `End the service of the contract before at ${service.organization}`,
    after: ['commit', ...peers.map(({ name }) => `ready.${name}`)],
    estimateMs: 2_000,
    fingerprint: fingerprint(context.packageId),
    isDone: async () => !(await hasPrevious(service, context.paths)),
    run: async (signal) => {
      if (!(await hasPrevious(service, context.paths))) return;
      for (const peer of peers) await awaitNewContract(peer, context, signal);
      await retirePrevious(service, context.paths, signal);
    },
  };
}

/** Steps that end what an upgrade of the contract left running. */
export function retireSteps(context: NodeContext): Step[] {
  return hospitals(context.local).flatMap((organization) =>
    organization.contract === null
      ? []
      : [retireStep(organization.contract, organization, context)],
  );
}
