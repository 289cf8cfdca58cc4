/**
 * Binds the contracts to one organization's service.
 *
 * @module
 */
import type { ContractService, ServiceSource } from './contract-service.js';
import type { EmrContract } from './emr-contract.js';
import { AccessContract } from './access-contract.js';
import { AudienceContract } from './audience-contract.js';
import { AuditContract } from './audit-contract.js';
import { CustodyContract } from './custody-contract.js';
import { EmergencyContract } from './emergency-contract.js';
import { GrantsContract } from './grants-contract.js';
import { RecordsContract } from './records-contract.js';
import { RecoveryContract } from './recovery-contract.js';
import { RegistryContract } from './registry-contract.js';

/** A contract as fabric-shim instantiates it. */
export type ContractClass = new () => EmrContract;

type ServedContract = new (service: ServiceSource) => EmrContract;

const CONTRACTS: readonly ServedContract[] = [
  RegistryContract,
  RecordsContract,
  GrantsContract,
  AccessContract,
  AudienceContract,
  EmergencyContract,
  RecoveryContract,
  CustodyContract,
  AuditContract,
];

/**
 * The contracts of one organization. Each call gives new classes in a new array (fabric-shim adds its
 * own to it), so that several organizations fit in one process.
 */
export function createContracts(service: ContractService | ServiceSource): ContractClass[] {
  const source = typeof service === 'function' ? service : () => Promise.resolve(service);
  return CONTRACTS.map((Served) => bind(Served, source));
}

function bind(Served: ServedContract, service: ServiceSource): ContractClass {
  const Bound = class extends Served {
    constructor() {
      super(service);
    }
  };
  // fabric-shim finds the @Info of a class by its name.
  Object.defineProperty(Bound, 'name', { value: Served.name });
  return Bound;
}
