import { NetworkError } from '../errors.js';
import type { ContractCommand } from '../nodes/context.js';
import { startBeside } from '../nodes/previous-service.js';
import { type ContractDefinition, withContract } from '../topology/contract.js';
import { hospitals } from '../topology/topology.js';
import { administer, type AdminOptions } from './administer.js';

const VERSION = /^[A-Za-z0-9.+-]{1,32}$/;

export interface UpgradeOptions extends AdminOptions {
  /** How the services of the new version are run; as those of the old one by default. */
  contract?: ContractCommand;
}

export interface UpgradeReport {
  /** What the channel ran before, and what it runs now. */
  before: ContractDefinition;
  now: ContractDefinition;
}

/**
 * Goes over to another version of the contract while the channel is in use: services of the new
 * version start beside those of the old one, hospital after hospital; every hospital's peers install
 * it, every hospital's admin approves it as the next sequence, and it is committed; then the old
 * services end. Reads and writes go on. Repeated after an interruption with the same version, it goes
 * on where it stopped.
 *
 * @throws {@link NetworkError} ADMIN_REFUSED, NODE_EXITED, NODE_UNHEALTHY, COMMAND_FAILED, TIMEOUT
 */
export async function upgradeContract(
  dir: string,
  version: string,
  options: UpgradeOptions = {},
): Promise<UpgradeReport> {
  const action = `upgrade to version ${version}`;
  if (!VERSION.test(version)) {
    const problem = 'a version is 1 to 32 letters, digits, dots, + and -';
    throw new NetworkError('ADMIN_REFUSED', { action: 'upgrade the contract', problem });
  }
  return administer(dir, action, options, async ({ topology, state, contextOf, bringTo }) => {
    const before = topology.contract;
    const isInPlace = before.version === version; // begun before, and decided
    const now = isInPlace ? before : { ...before, version, sequence: before.sequence + 1 };
    const wanted = withContract(topology, now);
    const context = contextOf(wanted, options.contract ?? state.contract);
    if (!isInPlace) {
      for (const { contract } of hospitals(wanted)) {
        if (contract !== null) await startBeside(contract, context, options.signal);
      }
      await state.adopt(wanted, context.contract);
    }
    await bringTo(context);
    return { before, now };
  });
}
