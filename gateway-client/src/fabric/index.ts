/**
 * The port `Ledger` over Hyperledger Fabric's gateway, and what else a client of a Fabric network
 * needs: `@emr-share/gateway-client/fabric`.
 *
 * @module
 */
export {
  readConnectionProfile,
  type CertificateAuthority,
  type ConnectionProfile,
  type PeerEndpoint,
} from './connection-profile.js';
export { FabricLedger, type FabricLedgerOptions } from './fabric-ledger.js';
export type { FabricDeadlines, GatewayEndpoint } from './gateway-pool.js';
