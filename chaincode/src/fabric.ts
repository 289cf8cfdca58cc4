/**
 * Bridge: fabric-contract-api is CommonJS, and its decorators are invisible to named ESM imports.
 *
 * @module
 */
import fabric from 'fabric-contract-api';

export { Context, Contract } from 'fabric-contract-api';
export type { ChaincodeInterface, ChaincodeStub, ClientIdentity, Iterators } from 'fabric-shim-api';
export const { Info, JSONSerializer, Returns, Transaction } = fabric;
