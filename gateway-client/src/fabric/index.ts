/**
 * The port `Ledger` over Hyperledger Fabric's gateway, and what else a client of a Fabric network
 * needs: `@emr-share/gateway-client/fabric`.
 *
 * @module
 */
export { verifyFabricChain, type ChainVerification, type PeerCopy } from './chain-verification.js';
export {
  readConnectionProfile,
  type CertificateAuthority,
  type ConnectionProfile,
  type PeerEndpoint,
} from './connection-profile.js';
export { enrolAtAuthority, type EnrolmentRequest } from './enrol-at-authority.js';
export { DirectLedger, type DirectLedgerOptions } from './direct-ledger.js';
export { FabricLedger, type FabricLedgerOptions, type TransactionFate } from './fabric-ledger.js';
export { readSiteFacts, type SeenUser, type SiteFacts } from './site-facts.js';
export { InStep } from './in-step.js';
export {
  GatewayClients,
  type FabricDeadlines,
  type GatewayEndpoint,
  type GrpcEndpoint,
} from './gateway-pool.js';
