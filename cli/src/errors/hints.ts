/**
 * What to do about an error, in commands of `emr`, where its message does not say it already.
 *
 * @module
 */
import type { ErrorCode } from '@emr-share/model';
import type { NetworkErrorCode } from '@emr-share/network';
import type { CliErrorCode } from './cli-error.js';

const HINTS: Readonly<Partial<Record<ErrorCode | CliErrorCode | NetworkErrorCode, string>>> = {
  NO_KEYSTORE: 'make one with: emr init',
  NOT_ENROLLED: 'get one and register with: emr register',
  CALLER_UNREGISTERED: 'register with: emr register',
  SIGNER_UNREGISTERED: 'register with: emr register',
  ACCESS_DENIED: 'the patient grants access with: emr grant PHYSICIAN --category … --for …',
  SCOPE_NOT_GRANTED: 'the patient grants it with: emr grant PHYSICIAN --category … or --record …',
  PURPOSE_DENIED: 'see what was granted with: emr grants; all codes with: emr purposes',
  GRANT_EXPIRED: 'the patient can grant access anew with: emr grant',
  GRANT_REVOKED: 'the patient can grant access anew with: emr grant',
  USER_NOT_FOUND: 'the user registers with: emr register',
  POLICY_NOT_FOUND: 'the patient registers with: emr register',
  SCOPE_NOT_FOUND: 'the patient registers with: emr register',
  RECORD_NOT_FOUND: 'see what there is with: emr records',
  GRANT_NOT_FOUND: 'see what there is with: emr grants',
  SUMMARY_NOT_FOUND:
    'the patient makes one with: emr summary refresh, and grants it with: emr grant … --category emergency-summary',
  SUMMARY_INCOMPLETE: 'the patient can make it anew with: emr summary refresh',
  KEYSTORE_LOCKED:
    'type the passphrase again; without it only a recovery plan brings the keys back',
  CARD_INVALID: 'type it in again, or scan its QR code',
  PATIENT_NOT_INDEXED: 'add patients with: emr index import',
  RECOVERY_PLAN_NOT_FOUND:
    'the patient makes one, while the keys are there, with: emr recovery plan',
  RECOVERY_APPROVALS_MISSING: 'custodians approve with: emr recovery approve USER --code …',
  AUTHORITY_REFUSED: "a secret works once, for one user: ask the hospital's admin for another",
  CERTIFICATE_REFUSED: "it was revoked or has expired: ask your hospital's admin for another one",
  LEDGER_BUSY: 'wait longer with: --wait SECONDS',
  BLOB_CORRUPT: 'the content was changed in the store: restore it from a copy, nothing was read',
  CIPHERTEXT_TAMPERED: 'the content was changed: restore it from a copy, nothing was read',
  NO_NETWORK: 'bring one up with: emr network up',
  NETWORK_NOT_FOUND: 'bring one up with: emr network up --dir …',
  NETWORK_UNWELL: 'see what is wrong with: emr network doctor',
  NODE_EXITED: 'see its log with: emr network logs NODE',
  NODE_UNHEALTHY: 'see what is wrong with: emr network doctor',
  LEDGER_CORRUPT: 'see which copies are sound with: emr verify',
};

/** The hint for a code; `undefined` where the message is enough. */
export function hintFor(code: string): string | undefined {
  return HINTS[code as keyof typeof HINTS];
}
