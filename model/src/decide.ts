/**
 * The decision: may this caller read this record, for this purpose, under this grant, now?
 * Pure and total; endorsers, custodians and clients run the same function. See docs/protocol.md §7.
 *
 * @module
 */
import { failedAttribute } from './attributes.js';
import type { Coverage, Grant } from './grant.js';
import { EmrError } from './errors.js';
import type { UnixMillis } from './ids.js';
import type { PolicyBody } from './policy.js';
import type { PurposeOfUse } from './purpose.js';
import type { TransactionRecord } from './record.js';
import { recordScopeId, type ScopeId } from './scope.js';
import type { Caller } from './user.js';

/** All that a decision depends on. */
export interface AccessQuestion {
  readonly caller: Caller;
  readonly record: TransactionRecord;
  readonly grant: Grant;
  /** The patient's current policy. */
  readonly policy: PolicyBody;
  readonly purpose: PurposeOfUse;
  readonly now: UnixMillis;
}

/** The scope through which the grant opens the record, or the reason why it does not. */
export type AccessDecision =
  | { readonly permitted: true; readonly scopeId: ScopeId }
  | { readonly permitted: false; readonly error: EmrError };

type Check = (question: AccessQuestion) => EmrError | null;

const checkGrantee: Check = ({ caller, grant, record }) =>
  grant.body.rule.grantee === caller.userId && grant.body.patient === record.patient
    ? null
    : new EmrError('ACCESS_DENIED', { recordId: record.recordId });

const checkScope: Check = ({ grant, record }) =>
  grantedScope(grant, record) === null
    ? new EmrError('SCOPE_NOT_GRANTED', {
        grantId: grant.body.grantId,
        recordId: record.recordId,
      })
    : null;

const checkStatus: Check = ({ grant: { status, body } }) =>
  status.state === 'active'
    ? null
    : new EmrError('GRANT_REVOKED', { grantId: body.grantId, revokedAt: status.revokedAt });

const checkTime: Check = ({ grant, now }) => {
  const { grantId, rule } = grant.body;
  if (now < rule.notBefore) {
    return new EmrError('GRANT_NOT_YET_VALID', { grantId, notBefore: rule.notBefore });
  }
  return now < rule.notAfter
    ? null
    : new EmrError('GRANT_EXPIRED', { grantId, notAfter: rule.notAfter });
};

const checkPurpose: Check = ({ grant, policy, purpose }) =>
  grant.body.rule.purposes.includes(purpose) && policy.purposes.includes(purpose)
    ? null
    : new EmrError('PURPOSE_DENIED', { grantId: grant.body.grantId, purpose });

const checkAttributes: Check = ({ grant, caller }) => {
  const attribute = failedAttribute(grant.body.rule.attributes ?? {}, caller);
  return attribute === null
    ? null
    : new EmrError('ATTRIBUTE_DENIED', { grantId: grant.body.grantId, attribute });
};

/** In this order: the first that fails is the answer. */
const CHECKS: readonly Check[] = [
  checkGrantee,
  checkScope,
  checkStatus,
  checkTime,
  checkPurpose,
  checkAttributes,
];

/** The scope that a grant of this coverage needs to open `record`. */
export function scopeNeeded(coverage: Coverage, record: TransactionRecord): ScopeId {
  return coverage.kind === 'record'
    ? recordScopeId(record.patient, record.recordId)
    : record.metadata.keyWrap.scopeId;
}

/** The scope of `grant` that holds a key wrap of `record`; `null` where the grant does not cover it. */
export function grantedScope(grant: Grant, record: TransactionRecord): ScopeId | null {
  const wanted = scopeNeeded(grant.body.coverage, record);
  return grant.scopes.some((scope) => scope.body.scopeId === wanted) ? wanted : null;
}

/** Decides one access. Codes in order: see {@link CHECKS} in docs/protocol.md §7. */
export function decideAccess(question: AccessQuestion): AccessDecision {
  for (const check of CHECKS) {
    const error = check(question);
    if (error !== null) return { permitted: false, error };
  }
  const scopeId = grantedScope(question.grant, question.record);
  if (scopeId === null) throw new TypeError('checkScope passed without a scope');
  return { permitted: true, scopeId };
}
