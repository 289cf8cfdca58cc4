import type { Organization, Topology } from './topology.js';

/** Which contract a network runs. */
export type ContractDefinition = Topology['contract'];

/** Whether contracts of that sequence are served at the standby port. */
export function isServedAtStandby({ sequence }: Pick<ContractDefinition, 'sequence'>): boolean {
  return sequence % 2 === 0;
}

function withPortsSwapped(organization: Organization): Organization {
  const { contract } = organization;
  if (contract === null) return organization;
  const { grpc, standby } = contract.ports;
  return { ...organization, contract: { ...contract, ports: { grpc: standby, standby: grpc } } };
}

/**
 * The topology with another contract. Contract services of one sequence listen where those of the
 * next one do not: while a contract is upgraded, both are there.
 */
export function withContract(topology: Topology, contract: ContractDefinition): Topology {
  const moves = isServedAtStandby(topology.contract) !== isServedAtStandby(contract);
  const { organizations } = topology;
  return {
    ...topology,
    contract,
    organizations: moves ? organizations.map(withPortsSwapped) : organizations,
  };
}
