/**
 * The contracts behind fabric-shim's own dispatcher: the same routing, argument handling and caller
 * identity wherever they run.
 *
 * @module
 */
import { createRequire } from 'node:module';
import type { ContractService, ServiceSource } from '../contract-service.js';
import { createContracts, type ContractClass } from '../create-contracts.js';
import type { ChaincodeInterface } from '../fabric.js';
import { serializers } from './wire-serializer.js';

/** What fabric-shim does not export, and has no types for. */
type Dispatcher = new (
  contracts: ContractClass[],
  serializers: object,
  metadata: object,
  title: string,
) => ChaincodeInterface;

const DISPATCHER = 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';

/**
 * One organization's chaincode. `Invoke(stub)` resolves to `{ status: 200, payload }`, or to
 * `{ status: 500, message }` with an error in its wire form; it does not reject.
 */
export function createChaincode(service: ContractService | ServiceSource): ChaincodeInterface {
  const ChaincodeFromContract = createRequire(import.meta.url)(DISPATCHER) as Dispatcher;
  return new ChaincodeFromContract(createContracts(service), serializers, {}, 'emr-share');
}
