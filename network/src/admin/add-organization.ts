import { NetworkError } from '../errors.js';
import { hospitals, type Organization, type Topology } from '../topology/topology.js';
import { withContract } from '../topology/contract.js';
import { changesIn } from '../up/topology-changes.js';
import { endorsementRule } from '../channel/configtx.js';
import { administer, type AdminOptions } from './administer.js';

export interface AddedOrganization {
  organization: string;
  mspId: string;
  /** By which rule the channel endorses now. */
  endorsement: string;
  /** Whether the channel had it before. */
  alreadyMember: boolean;
}

function refuse(problem: string): never {
  throw new NetworkError('ADMIN_REFUSED', { action: 'add an organization', problem });
}

/**
 * A hospital's orderer is not added with it. Of BFT orderers, n survive (n - 1) / 3, rounded down: a
 * fifth one would have to agree, too, and more failures would not be survived.
 */
function requireAddable(added: Organization): void {
  if (added.kind !== 'hospital') {
    refuse(`${added.name} is no hospital; a regulator is there from the beginning, or not`);
  }
  if (added.orderer !== null) {
    refuse(
      `${added.name} would bring an orderer, and one more does not let ordering survive one more failure; set: orderer: false`,
    );
  }
}

/** The organization that the new topology has and the running one has not; all else is the same. */
function additionIn(before: Topology, after: Topology): Organization | null {
  const changed = changesIn(before, {
    ...after,
    organizations: after.organizations.slice(0, before.organizations.length),
  });
  if (changed.length > 0) refuse(`the topology differs in more than that (${changed.join(', ')})`);
  const [added, ...more] = after.organizations.slice(before.organizations.length);
  if (more.length > 0) refuse('the topology has several more; add one after the other');
  return added ?? null;
}

/**
 * Makes the hospital that a topology has more than the running network a member: starts its CA and
 * its nodes, enrols them, asks the channel to take it in and to count it in the endorsement rule,
 * joins its peers, and approves the contract for it. The configuration update is signed by the admins
 * of a majority of the members. Repeated after an interruption, it goes on where it stopped.
 *
 * @param topology - the running one with one more hospital at its end
 * @throws {@link NetworkError} ADMIN_REFUSED where the topology differs in anything else; PORTS_TAKEN,
 *   NODE_EXITED, NODE_UNHEALTHY, CA_REFUSED, COMMAND_FAILED, TIMEOUT
 */
export async function addOrganization(
  dir: string,
  topology: Topology,
  options: AdminOptions = {},
): Promise<AddedOrganization> {
  return administer(dir, 'add an organization', options, async (workplace) => {
    const before = workplace.topology;
    const wanted = withContract(topology, before.contract);
    const added = additionIn(before, wanted);
    if (added !== null) {
      requireAddable(added);
      await workplace.state.adopt(wanted);
    }
    await workplace.bringTo(workplace.contextOf(wanted));
    const member = added ?? hospitals(wanted).at(-1);
    if (member === undefined) return refuse('the topology has no hospital');
    const { name, mspId } = member;
    const endorsement = endorsementRule(wanted);
    return { organization: name, mspId, endorsement, alreadyMember: added === null };
  });
}
