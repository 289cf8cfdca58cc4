/**
 * The contracts of emr-share, for a peer's chaincode service and for the embedded consortium.
 *
 * @module
 */
export { MAX_CLOCK_SKEW_MS } from './clock-skew.js';
export type { Clock, ContractService, CustodianKey } from './contract-service.js';
export { createChaincode } from './create-chaincode.js';
export { createContracts } from './create-contracts.js';
export type { ContractClass } from './create-contracts.js';
export { CustodianSecret } from './custodian-secret.js';
export { openCustodianFile } from './service/custodian-file.js';
export type { CustodianFile } from './service/custodian-file.js';
export { ServiceError } from './service/service-error.js';
