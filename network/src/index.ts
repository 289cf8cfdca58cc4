/**
 * The real network from one topology file: obtain its tools, bring it up, look after it, describe
 * it. Nodes are native processes that outlive the caller; one folder holds all they know.
 *
 * @module
 */
export {
  isSystemError,
  NetworkError,
  type NetworkErrorCode,
  type NetworkErrorDetails,
  problemOf,
} from './errors.js';
export type { OnProgress, ProgressEvent } from './progress.js';
export { defaultNetworkDir, defaultToolCache, networkPaths } from './files/network-paths.js';
export type { IdentityPaths, NetworkPaths, OrganizationPaths } from './files/network-paths.js';
export { loadTopology, parseTopology, PROFILES, type Profile } from './topology/load.js';
export type { TopologyOverrides } from './topology/load.js';
export { hospitals, nodesOf, orderers } from './topology/topology.js';
export type { Node, NodePorts, NodeRole, Organization, Topology } from './topology/topology.js';
export { missingTools, type MissingTool, resolveTools } from './tools/resolve-tools.js';
export type { Origin, ToolOptions } from './tools/origin.js';
export { type ProgramName, type ToolReport, Toolset } from './tools/toolset.js';
export type { ContractCommand } from './nodes/context.js';
export { up, type UpOptions } from './up/up.js';
export { down, type DownOptions, type DownReport } from './up/down.js';
export { status, type NetworkStatus, type NodeState, type NodeStatus } from './up/status.js';
export { networkHost, networkTopology, nodesToAct, organizationsHere } from './up/open-network.js';
export { followLog } from './up/follow-log.js';
export { nodeLog, startNode, stopNode } from './up/single-node.js';
export type { StopOutcome } from './process/stop-process.js';
export { diagnose, type Finding, type FindingCode } from './up/doctor.js';
export { enrolUser, openEnrolment, registerUser, type Enrol } from './admin/users.js';
export type { EnrolmentTicket, RegisterOptions, UserRegistration } from './admin/users.js';
export { type IssuedCertificate, listUsers, type RegisteredUser } from './admin/list-users.js';
export { REVOCATION_REASONS, revokeUser } from './admin/revoke-user.js';
export type {
  Revocation,
  RevocationReason,
  RevocationTarget,
  RevokeOptions,
} from './admin/revoke-user.js';
export { exportPublic, exportSwarmKey, importPublic, importSwarmKey } from './hosts/exchange.js';
export type { ImportReport } from './hosts/exchange.js';
export { MAX_MATERIAL_BYTES } from './hosts/public-material.js';
export {
  upgradeContract,
  type UpgradeOptions,
  type UpgradeReport,
} from './admin/upgrade-contract.js';
export { type AddedOrganization, addOrganization } from './admin/add-organization.js';
export { finishRestore, restoreSite, type RestoredSite } from './site/restore-site.js';
export { renewCertificates, type Renewal } from './admin/renew-certificates.js';
export type { AdminOptions } from './admin/administer.js';
export { DEPLOYMENT_FORMATS, type DeploymentFormat, renderDeployment } from './render/render.js';
export { secretEnvironments } from './render/secret-environment.js';
export { restoreSnapshot } from './snapshot/restore-snapshot.js';
export type { RestoreOptions, RestoreReport } from './snapshot/restore-snapshot.js';
export { takeSnapshot } from './snapshot/take-snapshot.js';
export type { SnapshotOptions, SnapshotReport } from './snapshot/take-snapshot.js';
export { networkVitals, type NetworkVitals, type NodeVitals } from './vitals/vitals.js';
export { mermaid } from './export/mermaid.js';
export { connectionProfiles, type ConnectionProfile } from './export/connection-profile.js';
export { ordering, type OrdererSample, type OrdererState } from './supervise/ordering.js';
export type { OrdererReading } from './supervise/ordering-reading.js';
export { compareLedgers, type CompareOptions } from './ledger/compare-ledgers.js';
export type { LedgerComparison, LedgerCopy } from './ledger/compare-ledgers.js';
export { orderingLeader } from './faults/ordering-leader.js';
export { contractCommandOf, killNodes, startNodes } from './faults/run-nodes.js';
export type { StartNodesOptions } from './faults/run-nodes.js';
export { type LinkTerms, SATELLITE, TERRESTRIAL } from './faults/satellite/link-terms.js';
export { type LinkCounts, SatelliteLink } from './faults/satellite/satellite-link.js';
export { type Place, SatelliteRelay } from './faults/satellite/satellite-relay.js';
export { putOnSmallDisk, type SmallDisk } from './faults/small-disk.js';
export { waitSwarm } from './faults/swarm.js';
export { supervise, type SuperviseOptions } from './supervise/supervise.js';
export { type TakingPartOptions, waitTakingPart } from './supervise/taking-part.js';
export { supervisorReport, type SupervisorReport } from './supervise/detached.js';
export { type SupervisorEvent, supervisorEventText } from './supervise/supervisor-event.js';
