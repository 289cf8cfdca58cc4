/**
 * One error class, codes as data, one wire form. Only ids, times and counts: never personal data,
 * keys or plaintext, for peers log messages and every organization can read them.
 * See docs/protocol.md §9.
 *
 * @module
 */

/** Code → its fields. */
export interface ErrorDetails {
  // What was asked
  INPUT_INVALID: { what: string; problem: string };
  // Who asks
  CALLER_UNREGISTERED: { userId: string };
  CALLER_MISMATCH: { userId: string; problem: string };
  CALLER_SUSPENDED: { userId: string };
  ROLE_DENIED: { role: string; action: string };
  TIMESTAMP_SKEW: { claimedAt: number; allowedMs: number };
  SIGNATURE_INVALID: { what: string };
  SIGNER_UNREGISTERED: { userId: string };
  SIGNER_MISMATCH: { userId: string; signer: string };
  // What is on the ledger
  USER_EXISTS: { userId: string };
  USER_NOT_FOUND: { userId: string };
  ROTATION_STALE: { userId: string; number: number };
  ROTATION_REFUSED: { userId: string; problem: string };
  CUSTODIAN_NOT_FOUND: { mspId: string };
  CUSTODIAN_STALE: { mspId: string; generation: number };
  POLICY_NOT_FOUND: { patient: string };
  POLICY_STALE: { patient: string; version: number };
  SCOPE_EXISTS: { scopeId: string };
  SCOPE_NOT_FOUND: { scopeId: string };
  SCOPE_STALE: { scopeId: string; epoch: number };
  RECORD_EXISTS: { recordId: string };
  RECORD_NOT_FOUND: { recordId: string };
  WRAP_EXISTS: { recordId: string; scopeId: string };
  WRAP_NOT_FOUND: { recordId: string; scopeId: string };
  // Grants and access
  GRANT_EXISTS: { grantId: string };
  GRANT_NOT_FOUND: { grantId: string };
  GRANT_REFUSED: { grantId: string; problem: string };
  GRANT_REVOKED: { grantId: string; revokedAt: number };
  GRANT_EXPIRED: { grantId: string; notAfter: number };
  GRANT_NOT_YET_VALID: { grantId: string; notBefore: number };
  GRANT_ACTIVE: { grantId: string };
  RECEIPT_NOT_FOUND: { grantId: string };
  ACCESS_DENIED: { recordId: string };
  SCOPE_NOT_GRANTED: { grantId: string; recordId: string };
  PURPOSE_DENIED: { grantId: string; purpose: string };
  ATTRIBUTE_DENIED: { grantId: string; attribute: string };
  FRAGMENT_INVALID: { mspId: string; grantId: string; problem: string };
  FRAGMENT_MISSING: { mspId: string; grantId: string; scopeId: string };
  FRAGMENT_PRESENT: { mspId: string; grantId: string };
  FRAGMENTS_OUTDATED: { mspId: string; generation: number };
  TICKET_EXISTS: { ticketId: string };
  TICKET_NOT_FOUND: { ticketId: string };
  TICKET_MISMATCH: { ticketId: string };
  TICKET_EXPIRED: { ticketId: string; expiresAt: number };
  // Audiences and emergencies
  AUDIENCE_EXISTS: { audienceId: string };
  AUDIENCE_NOT_FOUND: { audienceId: string };
  AUDIENCE_REFUSED: { audienceId: string; problem: string };
  AUDIENCE_ENDED: { audienceId: string; endedAt: number };
  AUDIENCE_ACTIVE: { audienceId: string };
  AUDIENCE_OPTED_OUT: { patient: string };
  AUDIENCE_SCOPE_MISSING: { audienceId: string; recordId: string };
  READER_REFUSED: { audienceId: string; attribute: string };
  SHARE_INVALID: { mspId: string; audienceId: string; problem: string };
  SHARE_PRESENT: { mspId: string; audienceId: string };
  SHARE_MISSING: { mspId: string; audienceId: string; scopeId: string };
  APPROVALS_MISSING: { ticketId: string; have: number; need: number };
  APPROVAL_REFUSED: { ticketId: string; problem: string };
  TICKET_ENDED: { ticketId: string; endedAt: number };
  REVIEW_OVERDUE: { ticketId: string; issuedAt: number };
  REVIEW_REFUSED: { ticketId: string; problem: string };
  // Rosters of custodians
  ROSTER_NOT_FOUND: { number: number };
  ROSTER_STALE: { number: number };
  ROSTER_REFUSED: { number: number; problem: string };
  DEALING_INVALID: { mspId: string; audienceId: string; problem: string };
  SHARING_REPLACED: { audienceId: string; roster: number };
  SHARING_UNKNOWN: { audienceId: string; roster: number };
  // Recovery of keys
  RECOVERY_PLAN_EXISTS: { planId: string };
  RECOVERY_PLAN_NOT_FOUND: { patient: string };
  RECOVERY_PLAN_REFUSED: { planId: string; problem: string };
  RECOVERY_PLAN_REPLACED: { planId: string };
  RECOVERY_PLAN_ACTIVE: { planId: string };
  RECOVERY_SHARE_INVALID: { planId: string; custodian: string; problem: string };
  RECOVERY_SHARE_MISSING: { planId: string; mspId: string };
  RECOVERY_SHARES_INSUFFICIENT: { have: number; need: number };
  RECOVERY_SEED_INVALID: { planId: string; problem: string };
  RECOVERY_EXISTS: { requestId: string };
  RECOVERY_NOT_FOUND: { requestId: string };
  RECOVERY_MISMATCH: { requestId: string };
  RECOVERY_APPROVAL_REFUSED: { requestId: string; problem: string };
  RECOVERY_APPROVALS_MISSING: { requestId: string; have: number; need: number };
  RECOVERY_UNAPPROVED: { requestId: string; mspId: string };
  RECOVERY_WAITING: { requestId: string; releaseAt: number };
  RECOVERY_VETOED: { requestId: string; vetoedAt: number };
  RECOVERY_ENDED: { requestId: string; endedAt: number };
  // What the reader's own machine finds
  PARTIALS_INSUFFICIENT: { have: number; need: number };
  PARTIAL_INVALID: { mspId: string };
  CFRAGS_INSUFFICIENT: { have: number; need: number };
  CFRAG_INVALID: { mspId: string };
  DEK_UNREADABLE: { recordId: string };
  CIPHERTEXT_TAMPERED: { recordId: string; problem: string };
  BLOB_UNAVAILABLE: { cid: string };
  BLOB_CORRUPT: { cid: string };
  STORE_UNAVAILABLE: { endpoint: string; problem: string };
  AUTHORITY_UNAVAILABLE: { endpoint: string; problem: string };
  AUTHORITY_REFUSED: { endpoint: string; problem: string };
  UPLOAD_CONFLICT: { recordId: string };
  SUMMARY_NOT_FOUND: { patient: string };
  SUMMARY_INCOMPLETE: { recordId: string; problem: string };
  SOURCE_FAILED: { problem: string };
  // Finding a patient
  CARD_INVALID: { problem: string };
  CARD_MISMATCH: { userId: string; mspId: string };
  INDEX_NOT_FOUND: { path: string };
  INDEX_BUSY: { path: string };
  INDEX_INVALID: { path: string; problem: string };
  PATIENT_NOT_INDEXED: { given: string };
  PATIENT_AMBIGUOUS: { count: number; add: string };
  // Where keys and data are
  KEYSTORE_EXISTS: { path: string };
  KEYSTORE_NOT_FOUND: { path: string };
  KEYSTORE_INVALID: { path: string; problem: string };
  KEYSTORE_LOCKED: { path: string };
  // The ledger itself
  LEDGER_BUSY: { path: string };
  LEDGER_CONFLICT: { transactionId: string };
  LEDGER_CORRUPT: { mspId: string; blockNumber: number; problem: string };
  CERTIFICATE_REFUSED: { problem: string };
  LEDGER_REJECTED: { problem: string };
  LEDGER_UNAVAILABLE: { endpoint: string };
  ENDORSEMENT_MISMATCH: { organizations: string };
  COMMIT_UNKNOWN: { transactionId: string };
  INTERNAL: Record<string, never>;
}

export type ErrorCode = keyof ErrorDetails;

/** An error of emr-share: a code, its fields, and a sentence that says what to do. */
export class EmrError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'EmrError';
  readonly code: C;
  readonly details: Readonly<ErrorDetails[C]>;

  constructor(code: C, details: ErrorDetails[C], options?: ErrorOptions & { message?: string }) {
    super(options?.message ?? describeError(code, details), options);
    this.code = code;
    this.details = details;
  }

  /** Narrows `error` to an EmrError; with a code, to one of this code, with its fields. */
  static is(error: unknown): error is EmrError;
  static is<C extends ErrorCode>(error: unknown, code: C): error is EmrError<C>;
  static is(error: unknown, code?: ErrorCode): boolean {
    if (!(error instanceof EmrError)) return false;
    return code === undefined || error.code === code;
  }
}

type Describe = { readonly [C in ErrorCode]: (d: ErrorDetails[C]) => string };

const time = (millis: number): string => new Date(millis).toISOString();

const DESCRIBE: Describe = {
  INPUT_INVALID: (d) => `${d.what} is not valid: ${d.problem}`,
  CALLER_UNREGISTERED: (d) => `${d.userId} is not registered; register first`,
  CALLER_MISMATCH: (d) =>
    `the certificate does not match the registration of ${d.userId}: ${d.problem}`,
  CALLER_SUSPENDED: (d) => `${d.userId} is suspended; ask the organization's admin`,
  ROLE_DENIED: (d) => `role ${d.role} may not ${d.action}`,
  TIMESTAMP_SKEW: (d) =>
    `the time ${time(d.claimedAt)} is further than ${String(d.allowedMs)} ms from this organization's clock; set the clock and try again`,
  SIGNATURE_INVALID: (d) => `the signature of the ${d.what} does not verify`,
  SIGNER_UNREGISTERED: (d) => `the signer ${d.userId} is not registered`,
  SIGNER_MISMATCH: (d) => `${d.signer} cannot sign for ${d.userId}`,
  USER_EXISTS: (d) => `${d.userId} is registered already, with other keys`,
  USER_NOT_FOUND: (d) => `no user ${d.userId} is registered`,
  ROTATION_STALE: (d) =>
    `the keys of ${d.userId} are at number ${String(d.number)}; rotate those to the next number`,
  ROTATION_REFUSED: (d) => `the keys of ${d.userId} cannot be rotated like this: ${d.problem}`,
  CUSTODIAN_NOT_FOUND: (d) => `${d.mspId} has published no custodian key`,
  CUSTODIAN_STALE: (d) =>
    `the custodian key of ${d.mspId} is at generation ${String(d.generation)}; seal to that one`,
  POLICY_NOT_FOUND: (d) => `${d.patient} has published no access policy`,
  POLICY_STALE: (d) =>
    `the access policy of ${d.patient} is at version ${String(d.version)}; use that one`,
  SCOPE_EXISTS: (d) => `scope ${d.scopeId} is published already, with another key`,
  SCOPE_NOT_FOUND: (d) => `scope ${d.scopeId} is not published`,
  SCOPE_STALE: (d) => `scope ${d.scopeId} has ended; the current epoch is ${String(d.epoch)}`,
  RECORD_EXISTS: (d) =>
    `record ${d.recordId} is filed already, with other content; records do not change`,
  RECORD_NOT_FOUND: (d) => `no record ${d.recordId} is filed`,
  WRAP_EXISTS: (d) =>
    `record ${d.recordId} has a different key wrap for scope ${d.scopeId} already`,
  WRAP_NOT_FOUND: (d) =>
    `record ${d.recordId} has no key wrap for scope ${d.scopeId}; the patient makes one`,
  GRANT_EXISTS: (d) => `grant ${d.grantId} exists already, with other terms`,
  GRANT_NOT_FOUND: (d) => `there is no grant ${d.grantId}`,
  GRANT_REFUSED: (d) => `grant ${d.grantId} is refused: ${d.problem}`,
  GRANT_REVOKED: (d) => `grant ${d.grantId} was revoked at ${time(d.revokedAt)}`,
  GRANT_EXPIRED: (d) => `grant ${d.grantId} expired at ${time(d.notAfter)}`,
  GRANT_NOT_YET_VALID: (d) => `grant ${d.grantId} is valid from ${time(d.notBefore)}`,
  GRANT_ACTIVE: (d) => `grant ${d.grantId} is active; revoke it first`,
  RECEIPT_NOT_FOUND: (d) => `grant ${d.grantId} is not closed: it has no receipt yet`,
  ACCESS_DENIED: (d) => `the patient has granted you no access to record ${d.recordId}`,
  SCOPE_NOT_GRANTED: (d) => `grant ${d.grantId} does not cover record ${d.recordId}`,
  PURPOSE_DENIED: (d) =>
    `purpose of use ${d.purpose} is not allowed by grant ${d.grantId} and the patient's policy`,
  ATTRIBUTE_DENIED: (d) =>
    `grant ${d.grantId} asks for another ${d.attribute} than your certificate has`,
  FRAGMENT_INVALID: (d) =>
    `the fragment of grant ${d.grantId} for ${d.mspId} is refused: ${d.problem}`,
  FRAGMENT_MISSING: (d) =>
    `${d.mspId} holds no fragment of grant ${d.grantId} for scope ${d.scopeId}`,
  FRAGMENT_PRESENT: (d) =>
    `${d.mspId} still holds fragments of grant ${d.grantId}; purge them first`,
  FRAGMENTS_OUTDATED: (d) =>
    `${d.mspId} still has fragments sealed to a custodian key older than generation ${String(d.generation)}; run the rotation again`,
  TICKET_EXISTS: (d) => `ticket ${d.ticketId} exists already, for something else`,
  TICKET_NOT_FOUND: (d) => `there is no ticket ${d.ticketId}`,
  TICKET_MISMATCH: (d) => `ticket ${d.ticketId} was issued to another reader`,
  TICKET_EXPIRED: (d) =>
    `ticket ${d.ticketId} expired at ${time(d.expiresAt)}; request access again`,
  AUDIENCE_EXISTS: (d) => `audience grant ${d.audienceId} exists already, with other terms`,
  AUDIENCE_NOT_FOUND: (d) => `there is no audience grant ${d.audienceId}`,
  AUDIENCE_REFUSED: (d) => `audience grant ${d.audienceId} is refused: ${d.problem}`,
  AUDIENCE_ENDED: (d) => `audience grant ${d.audienceId} ended at ${time(d.endedAt)}`,
  AUDIENCE_ACTIVE: (d) => `audience grant ${d.audienceId} is active; end it first`,
  AUDIENCE_OPTED_OUT: (d) => `${d.patient} has set no rule that lets you in`,
  AUDIENCE_SCOPE_MISSING: (d) =>
    `audience grant ${d.audienceId} has no shares of the key of record ${d.recordId}`,
  READER_REFUSED: (d) =>
    `audience grant ${d.audienceId} asks for another ${d.attribute} than your certificate has`,
  SHARE_INVALID: (d) =>
    `the share of audience grant ${d.audienceId} for ${d.mspId} is refused: ${d.problem}`,
  SHARE_PRESENT: (d) =>
    `${d.mspId} still holds shares of audience grant ${d.audienceId}; purge them first`,
  SHARE_MISSING: (d) =>
    `${d.mspId} holds no share of audience grant ${d.audienceId} for scope ${d.scopeId}`,
  APPROVALS_MISSING: (d) =>
    `ticket ${d.ticketId} has ${String(d.have)} of the ${String(d.need)} approvals that it needs`,
  APPROVAL_REFUSED: (d) => `the approval of ticket ${d.ticketId} is refused: ${d.problem}`,
  TICKET_ENDED: (d) => `ticket ${d.ticketId} was ended at ${time(d.endedAt)}`,
  REVIEW_OVERDUE: (d) =>
    `the emergency of ticket ${d.ticketId}, declared at ${time(d.issuedAt)}, is not reviewed yet; a privacy officer of another organization has to, before you declare another one`,
  REVIEW_REFUSED: (d) => `the review of ticket ${d.ticketId} is refused: ${d.problem}`,
  ROSTER_NOT_FOUND: (d) => `there is no roster ${String(d.number)}`,
  ROSTER_STALE: (d) => `the roster in force is number ${String(d.number)}; go by that one`,
  ROSTER_REFUSED: (d) => `roster ${String(d.number)} is refused: ${d.problem}`,
  DEALING_INVALID: (d) =>
    `the dealing of ${d.mspId} for audience grant ${d.audienceId} is refused: ${d.problem}`,
  SHARING_REPLACED: (d) =>
    `the shares of audience grant ${d.audienceId} have been handed on to roster ${String(d.roster)}; read the grant anew`,
  SHARING_UNKNOWN: (d) =>
    `the shares of audience grant ${d.audienceId} have not been handed on to roster ${String(d.roster)} yet`,
  RECOVERY_PLAN_EXISTS: (d) => `recovery plan ${d.planId} exists already, with other terms`,
  RECOVERY_PLAN_NOT_FOUND: (d) =>
    `${d.patient} has made no recovery plan; without one a lost keyring cannot be recovered`,
  RECOVERY_PLAN_REFUSED: (d) => `recovery plan ${d.planId} is refused: ${d.problem}`,
  RECOVERY_PLAN_REPLACED: (d) => `recovery plan ${d.planId} was replaced by a newer one`,
  RECOVERY_PLAN_ACTIVE: (d) => `recovery plan ${d.planId} is in force; its shares stay`,
  RECOVERY_SHARE_INVALID: (d) =>
    `the share of recovery plan ${d.planId} of ${d.custodian} is refused: ${d.problem}`,
  RECOVERY_SHARE_MISSING: (d) => `${d.mspId} holds no share of recovery plan ${d.planId}`,
  RECOVERY_SHARES_INSUFFICIENT: (d) =>
    `${String(d.have)} of the ${String(d.need)} custodians needed gave a valid share`,
  RECOVERY_SEED_INVALID: (d) => `recovery plan ${d.planId} does not give the keyring: ${d.problem}`,
  RECOVERY_EXISTS: (d) => `recovery ${d.requestId} exists already, for something else`,
  RECOVERY_NOT_FOUND: (d) => `there is no recovery ${d.requestId}`,
  RECOVERY_MISMATCH: (d) => `recovery ${d.requestId} was asked for by another user`,
  RECOVERY_APPROVAL_REFUSED: (d) =>
    `the approval of recovery ${d.requestId} is refused: ${d.problem}`,
  RECOVERY_APPROVALS_MISSING: (d) =>
    `recovery ${d.requestId} has ${String(d.have)} of the ${String(d.need)} approvals that it needs`,
  RECOVERY_UNAPPROVED: (d) =>
    `${d.mspId} has not approved recovery ${d.requestId}; a privacy officer or admin of it has to`,
  RECOVERY_WAITING: (d) => `recovery ${d.requestId} waits for a veto until ${time(d.releaseAt)}`,
  RECOVERY_VETOED: (d) =>
    `recovery ${d.requestId} was vetoed at ${time(d.vetoedAt)} from a device of the patient`,
  RECOVERY_ENDED: (d) => `recovery ${d.requestId} ended at ${time(d.endedAt)}; ask anew`,
  PARTIALS_INSUFFICIENT: (d) =>
    `${String(d.have)} of the ${String(d.need)} custodians needed gave a valid answer`,
  PARTIAL_INVALID: (d) => `${d.mspId} answered with a partial decryption that does not verify`,
  CFRAGS_INSUFFICIENT: (d) =>
    `${String(d.have)} of the ${String(d.need)} custodians needed gave a valid answer`,
  CFRAG_INVALID: (d) => `${d.mspId} answered with a re-encryption that does not verify`,
  DEK_UNREADABLE: (d) => `the key of record ${d.recordId} does not open`,
  CIPHERTEXT_TAMPERED: (d) =>
    `the ciphertext of record ${d.recordId} is not what was filed: ${d.problem}`,
  BLOB_UNAVAILABLE: (d) => `content ${d.cid} is not to be had from the store`,
  BLOB_CORRUPT: (d) => `a block of content ${d.cid} does not match its hash`,
  STORE_UNAVAILABLE: (d) => `the content store at ${d.endpoint} does not answer: ${d.problem}`,
  AUTHORITY_UNAVAILABLE: (d) =>
    `the certificate authority at ${d.endpoint} does not answer: ${d.problem}`,
  AUTHORITY_REFUSED: (d) =>
    `the certificate authority at ${d.endpoint} gives no certificate: ${d.problem}`,
  UPLOAD_CONFLICT: (d) =>
    `record ${d.recordId} is filed already, with other content or terms; choose another record ID`,
  SUMMARY_NOT_FOUND: (d) => `${d.patient} has no emergency summary that you may read`,
  SUMMARY_INCOMPLETE: (d) =>
    `the emergency summary lacks what record ${d.recordId} says: ${d.problem}`,
  SOURCE_FAILED: (d) => `the source could not be read: ${d.problem}`,
  CARD_INVALID: (d) => `the card cannot be read: ${d.problem}`,
  CARD_MISMATCH: (d) => `the card is of ${d.mspId}, and ${d.userId} is registered elsewhere`,
  INDEX_NOT_FOUND: (d) => `there is no patient index at ${d.path}; make one with: emr index import`,
  INDEX_BUSY: (d) => `another process has the patient index ${d.path} open; wait for it to end`,
  INDEX_INVALID: (d) => `the patient index ${d.path} cannot be used: ${d.problem}`,
  PATIENT_NOT_INDEXED: (d) => `no patient of the index has this ${d.given}`,
  PATIENT_AMBIGUOUS: (d) => `${String(d.count)} patients of the index fit; add ${d.add}`,
  KEYSTORE_EXISTS: (d) => `${d.path} exists already; nothing was changed`,
  KEYSTORE_NOT_FOUND: (d) => `there is no keystore at ${d.path}; make one with: emr init`,
  KEYSTORE_INVALID: (d) => `${d.path} is not a keystore of this version: ${d.problem}`,
  KEYSTORE_LOCKED: (d) => `the passphrase does not open ${d.path}`,
  LEDGER_BUSY: (d) => `another process has ${d.path} open; wait for it to end`,
  LEDGER_CONFLICT: (d) => `transaction ${d.transactionId} conflicts with another one; try again`,
  LEDGER_CORRUPT: (d) =>
    `the ledger of ${d.mspId} is damaged at block ${String(d.blockNumber)}: ${d.problem}`,
  CERTIFICATE_REFUSED: (d) => `the ledger does not accept the certificate: ${d.problem}`,
  LEDGER_REJECTED: (d) => `the ledger refused the transaction: ${d.problem}`,
  LEDGER_UNAVAILABLE: (d) => `the ledger does not answer at ${d.endpoint}`,
  ENDORSEMENT_MISMATCH: (d) => `the organizations computed different results: ${d.organizations}`,
  COMMIT_UNKNOWN: (d) =>
    `whether transaction ${d.transactionId} was committed is not known yet; ask by its ID, do not submit it again`,
  INTERNAL: () => 'an internal error; the log of the service has the cause',
};

/** The sentence for a code and its fields. */
export function describeError<C extends ErrorCode>(code: C, details: ErrorDetails[C]): string {
  return DESCRIBE[code](details);
}

export const ERROR_CODES = Object.keys(DESCRIBE) as ErrorCode[];

/** `EMR/<code> <details as JSON>`: the only text of a failed transaction that crosses Fabric. */
export function encodeWireError(error: EmrError): string {
  return `EMR/${error.code} ${JSON.stringify(error.details)}`;
}

const WIRE = /EMR\/([A-Z_]+) (\{.*\})$/s;

/** Reads what {@link encodeWireError} wrote, also behind a peer's prefix; `null` where it is not ours. */
export function decodeWireError(message: string, cause?: unknown): EmrError | null {
  const [, code, json] = WIRE.exec(message) ?? [];
  if (code === undefined || json === undefined || !Object.hasOwn(DESCRIBE, code)) return null;
  try {
    const details = JSON.parse(json) as ErrorDetails[ErrorCode];
    return new EmrError(code as ErrorCode, details, { cause });
  } catch {
    return null;
  }
}
