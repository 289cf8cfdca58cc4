/**
 * The contracts behind fabric-shim's own dispatcher: the same routing, argument handling and caller
 * identity wherever they run.
 *
 * @module
 */
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import type { ContractService } from './contract-service.js';
import { createContracts } from './create-contracts.js';
import { JSONSerializer, type ChaincodeInterface } from './fabric.js';

const SERIALIZERS = {
  transaction: 'jsonSerializer',
  serializers: { jsonSerializer: JSONSerializer },
};

/**
 * One organization's chaincode. `Invoke(stub)` resolves to `{ status: 200, payload }`, or to
 * `{ status: 500, message }` with an error in its wire form; it does not reject.
 */
export function createChaincode(service: ContractService): ChaincodeInterface {
  return new ChaincodeFromContract(createContracts(service), SERIALIZERS, {}, 'emr-share');
}
