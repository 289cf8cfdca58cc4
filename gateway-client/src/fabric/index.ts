/**
 * The port `Ledger` over Hyperledger Fabric's gateway: `@emr-share/gateway-client/fabric`.
 *
 * @module
 */
export { FabricLedger, type FabricLedgerOptions } from './fabric-ledger.js';
export type { FabricDeadlines, GatewayEndpoint } from './gateway-pool.js';
