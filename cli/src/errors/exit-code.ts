/**
 * Exit codes: what a script learns from a call of `emr` without reading its output.
 *
 * @module
 */
import type { ErrorCode } from '@emr-share/model';
import type { NetworkErrorCode } from '@emr-share/network';
import type { CliErrorCode } from './cli-error.js';

/** Exit code → its meaning; `emr --help` prints this table. */
export const EXIT_CODES = {
  0: 'done',
  1: 'internal error, or an organization that does not follow the protocol',
  2: 'bad usage or bad input',
  3: 'denied: role, registration, signature, grant, scope, purpose or ticket',
  4: 'not found',
  5: 'conflict: it exists already or has changed meanwhile',
  6: 'tampered: content, key or ledger is not what was filed',
  7: 'busy or unavailable: try again later',
  8: 'keystore or passphrase',
  130: 'interrupted',
  141: 'the reader of the output went away',
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

const EXIT_OF: Readonly<Record<ErrorCode | CliErrorCode, ExitCode>> = {
  USAGE: 2,
  FILE_UNREADABLE: 2,
  FILE_UNWRITABLE: 2,
  FILE_EXISTS: 5,
  DATA_UNUSABLE: 2,
  ID_AMBIGUOUS: 2,
  NO_KEYSTORE: 8,
  NOT_ENROLLED: 3,
  PASSPHRASE_MISSING: 8,
  PASSPHRASE_EXPOSED: 8,
  PASSPHRASE_REFUSED: 8,
  NO_NETWORK: 4,
  NETWORK_UNWELL: 7,
  DEMO_FAILED: 1,
  INTERRUPTED: 130,

  INPUT_INVALID: 2,
  CALLER_UNREGISTERED: 3,
  CALLER_MISMATCH: 3,
  CALLER_SUSPENDED: 3,
  ROLE_DENIED: 3,
  TIMESTAMP_SKEW: 3,
  SIGNATURE_INVALID: 3,
  SIGNER_UNREGISTERED: 3,
  SIGNER_MISMATCH: 3,
  USER_EXISTS: 5,
  USER_NOT_FOUND: 4,
  CUSTODIAN_NOT_FOUND: 4,
  CUSTODIAN_STALE: 5,
  POLICY_NOT_FOUND: 4,
  POLICY_STALE: 5,
  SCOPE_EXISTS: 5,
  SCOPE_NOT_FOUND: 4,
  SCOPE_STALE: 5,
  RECORD_EXISTS: 5,
  RECORD_NOT_FOUND: 4,
  WRAP_EXISTS: 5,
  WRAP_NOT_FOUND: 4,
  GRANT_EXISTS: 5,
  GRANT_NOT_FOUND: 4,
  RECEIPT_NOT_FOUND: 4,
  GRANT_REFUSED: 3,
  GRANT_REVOKED: 3,
  GRANT_EXPIRED: 3,
  GRANT_NOT_YET_VALID: 3,
  GRANT_ACTIVE: 5,
  ACCESS_DENIED: 3,
  SCOPE_NOT_GRANTED: 3,
  PURPOSE_DENIED: 3,
  ATTRIBUTE_DENIED: 3,
  FRAGMENT_INVALID: 6,
  FRAGMENT_MISSING: 7,
  FRAGMENT_PRESENT: 5,
  TICKET_EXISTS: 5,
  TICKET_NOT_FOUND: 4,
  TICKET_MISMATCH: 3,
  TICKET_EXPIRED: 3,
  CFRAGS_INSUFFICIENT: 7,
  CFRAG_INVALID: 6,
  DEK_UNREADABLE: 6,
  CIPHERTEXT_TAMPERED: 6,
  BLOB_UNAVAILABLE: 7,
  BLOB_CORRUPT: 6,
  STORE_UNAVAILABLE: 7,
  UPLOAD_CONFLICT: 5,
  SOURCE_FAILED: 2,
  KEYSTORE_EXISTS: 5,
  KEYSTORE_NOT_FOUND: 8,
  KEYSTORE_INVALID: 8,
  KEYSTORE_LOCKED: 8,
  LEDGER_BUSY: 7,
  LEDGER_CONFLICT: 5,
  LEDGER_CORRUPT: 6,
  LEDGER_REJECTED: 1,
  LEDGER_UNAVAILABLE: 7,
  ENDORSEMENT_MISMATCH: 1,
  COMMIT_UNKNOWN: 7,
  INTERNAL: 1,
};

/** Of the codes that the network library adds. */
const EXIT_OF_NETWORK: Readonly<Record<NetworkErrorCode, ExitCode>> = {
  TOPOLOGY_INVALID: 2,
  TOPOLOGY_CHANGED: 5,
  HOST_UNKNOWN: 2,
  ORGANIZATION_UNKNOWN: 4,
  TOOL_UNAVAILABLE: 7,
  TOOL_INVALID: 7,
  DOWNLOAD_FAILED: 7,
  ARCHIVE_INVALID: 6,
  BUILD_FAILED: 1,
  NETWORK_NOT_FOUND: 4,
  NETWORK_DIR_FOREIGN: 5,
  NETWORK_BUSY: 7,
  STATE_INVALID: 6,
  NODE_UNKNOWN: 4,
  PORTS_TAKEN: 5,
  NODE_EXITED: 1,
  NODE_UNHEALTHY: 7,
  NODE_UNSTOPPABLE: 1,
  CA_REFUSED: 3,
  COMMAND_FAILED: 1,
  REQUEST_FAILED: 7,
  TIMEOUT: 7,
};

/** The exit code of an error code. */
export function exitCodeOf(code: ErrorCode | CliErrorCode | NetworkErrorCode): ExitCode {
  return { ...EXIT_OF, ...EXIT_OF_NETWORK }[code];
}
