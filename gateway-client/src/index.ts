/**
 * The emr-share SDK: file, grant, fetch, revoke and audit encrypted medical records. Runs in Node and
 * in browsers; what needs a file system is in `@emr-share/gateway-client/node`.
 *
 * @module
 */
export { connect, type ConnectOptions, type EmrClient } from './connect.js';
export type { WarningListener } from './client-context.js';
export type { Clock } from './clock.js';
export {
  Keyring,
  type Delegation,
  type Escrow,
  type KeyringOptions,
  type Reencryption,
  type ScopeChoice,
} from './keyring.js';
export type { KeyFacts, Keys } from './keys/keys.js';
export type { RotatedKeys, RotateKeysOptions, RotationStep } from './keys/rotate-keys.js';
export type { RotationStore } from './keys/rotation-store.js';
export type { Progress, ProgressListener } from './progress.js';
export { readBytes } from './byte-stream.js';

export type {
  EnrolledPatient,
  EnrolPatientOptions,
  Identity as IdentityNamespace,
  RegisterOptions,
} from './identity/identity.js';
export { signedRegistration } from './identity/signed-registration.js';
export { DEFAULT_POLICY, type PolicyTerms } from './identity/policy.js';
export type { ListRecordsOptions, RecordHead, Records } from './records/records.js';
export type { RecordContent } from './access/record-content.js';
export type { FetchedRecord, FetchOptions } from './records/fetch.js';
export type { RecordSource, ReopenableSource } from './records/source.js';
export type { Uploaded } from './summary/upload-with-summary.js';
export type { UploadOptions } from './records/upload-plan.js';
export type { Grants, ListGrantsOptions, RevokeOptions } from './grants/grants.js';
export type { CreateGrantOptions } from './grants/create-grant.js';
export type { GrantTerms } from './grants/terms.js';
export type { Access, OpenOptions, RequestOptions } from './access/access.js';
export type { RecordKey } from './access/record-key.js';
export type {
  Audiences,
  CreateAudienceOptions,
  ListAudiencesOptions,
  TicketRequestOptions,
} from './audiences/audiences.js';
export type {
  FetchByTicketOptions,
  OpenByTicketOptions,
  TicketRecordsOptions,
  Tickets,
} from './audiences/tickets.js';
export type { OpenedRecord } from './audiences/read-by-ticket.js';
export type { TicketRef } from './audiences/ticket-desk.js';
export type { Emergency, ListTicketsOptions, SetRuleOptions } from './emergency/emergency.js';
export type { ApprovalRequest } from './emergency/approval.js';
export type {
  DeclareOptions,
  EmergencyPurpose,
  PreparedEmergency,
  PrepareOptions,
} from './emergency/declare.js';
export type { ReasonOptions } from './emergency/reason.js';
export { DEFAULT_EMERGENCY_RULE, type EmergencyRuleOptions } from './emergency/rule.js';
export type { WatchOptions } from './emergency/watch.js';
export { cardText, PatientCard, readCard, spacedCardText } from './patients/patient-card.js';
export { findOnePatient } from './patients/find-one-patient.js';
export { patientsInFhir, PSEUDONYM_SYSTEM } from './patients/fhir-patients.js';
export {
  BirthDate,
  IndexedPatient,
  PatientIdentifier,
  PatientQuery,
  Sex,
} from './patients/indexed-patient.js';
export type { Audit, LogOptions } from './audit.js';
export type { Recovery, RecoveryQuery } from './recovery/recovery.js';
export type { ApproveRecoveryOptions } from './recovery/approve.js';
export type { RecoveryPlanOptions } from './recovery/create-plan.js';
export {
  KeyRecovery,
  type FinishRecoveryOptions,
  type KeyRecoveryOptions,
  type RequestRecoveryOptions,
} from './recovery/key-recovery.js';
export type { RecoveredKeys } from './recovery/open-seed.js';
export { isRecoveryCode, recoveryCode } from './recovery/recovery-code.js';

export type {
  BlobCallOptions,
  BlobStore,
  GetOptions,
  PutOptions,
  StoredBlob,
} from './ports/blob-store.js';
export type { Identity } from './ports/identity.js';
export type { PatientIndex, PatientIndexOptions } from './ports/patient-index.js';
export type {
  CallOptions,
  Checkpoint,
  Committed,
  EventOptions,
  Ledger,
  LedgerEvent,
  TransactOptions,
} from './ports/ledger.js';

export { EmrError, type ErrorCode, type ErrorDetails } from '@emr-share/model';
export {
  introduceAdmin,
  type AdminContext,
  type CustodianFacts,
} from './consortium/introduce-admin.js';
export { ownCustodian } from './consortium/own-custodian.js';
export { publishReviewRule } from './consortium/publish-review-rule.js';
export {
  refreshShares,
  type ActiveStep,
  type RefreshOptions,
  type RefreshProgress,
  type RefreshReport,
} from './consortium/refresh-shares.js';
export {
  approveRoster,
  listRosters,
  proposeRoster,
  type ProposeRosterOptions,
  type Rosters,
} from './consortium/rosters.js';
export type { SecretRef } from './consortium/custody-kinds.js';
export {
  rotateCustodian,
  type CustodianKeyStore,
  type RotationOptions,
  type RotationProgress,
  type RotationReport,
} from './consortium/rotate-custodian.js';
export {
  makePatientSummary,
  type PatientSummary,
  type SummaryLine,
  type SummarySection,
} from './summary/patient-summary.js';
export type { SkippedResource } from './summary/facts.js';
export { mergeSummaries } from './summary/merge-summaries.js';
export { summaryText } from './summary/summary-text.js';
export { currentSummaries } from './summary/current-summaries.js';
export type { CurrentSummary, ReadSummaryOptions } from './summary/read-summary.js';
export type { RefreshedSummary } from './summary/refresh-summary.js';
export type { Summaries } from './summary/summaries.js';
