/**
 * The contracts of emr-share, for a peer's chaincode service and for the embedded consortium.
 *
 * @module
 */
import { createContracts } from './create-contracts.js';
import { serviceOfThisProcess } from './service/open-service.js';

export { MAX_CLOCK_SKEW_MS } from './clock-skew.js';
export type {
  Clock,
  ContractService,
  CustodianKey,
  CustodianKeys,
  ServiceSource,
} from './contract-service.js';
export { createContracts };
export type { ContractClass } from './create-contracts.js';
export { CustodianKeyring } from './custodian-keyring.js';
export { CustodianSecret } from './custodian-secret.js';
export { createChaincode } from './service/create-chaincode.js';
export { CustodianKeyFiles } from './service/custodian-keys.js';
export { serializers } from './service/wire-serializer.js';
export { ServiceError } from './service/service-error.js';

/** For `fabric-chaincode-node`: the contracts of the organization that the environment names. */
export const contracts = createContracts(serviceOfThisProcess());
