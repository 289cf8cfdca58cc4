/**
 * Facts that must be there, and comparisons between them.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  groupScopeId,
  type CanonicalValue,
  type Caller,
  type Custodian,
  type KeyGeneration,
  type MspId,
  type PolicyBody,
  type RecordId,
  type Role,
  type ScopeGroup,
  type ScopeId,
  type SignedScope,
  type TransactionRecord,
  type User,
  type UserId,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import {
  custodianKey,
  policyHeadKey,
  policyKey,
  recordKey,
  scopeHeadKey,
  scopeKey,
  userKey,
} from './ledger-keys.js';
import type { WorldState } from './world-state.js';

/** Whether two facts say the same. */
export function sameFact(a: CanonicalValue, b: CanonicalValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** @throws EmrError `USER_NOT_FOUND`. */
export async function userOf(state: WorldState, userId: UserId): Promise<User> {
  const user = await state.get(userKey(userId));
  if (user === null) throw new EmrError('USER_NOT_FOUND', { userId });
  return user;
}

/** @throws EmrError `RECORD_NOT_FOUND`. */
export async function recordOf(state: WorldState, recordId: RecordId): Promise<TransactionRecord> {
  const record = await state.get(recordKey(recordId));
  if (record === null) throw new EmrError('RECORD_NOT_FOUND', { recordId });
  return record;
}

/** @throws EmrError `SCOPE_NOT_FOUND`. */
export async function scopeOf(state: WorldState, scopeId: ScopeId): Promise<SignedScope> {
  const scope = await state.get(scopeKey(scopeId));
  if (scope === null) throw new EmrError('SCOPE_NOT_FOUND', { scopeId });
  return scope;
}

/**
 * The ID of the scope that new records of a category, or sealed ones, go to.
 *
 * @throws EmrError `SCOPE_NOT_FOUND`.
 */
export async function currentScopeId(
  state: WorldState,
  patient: UserId,
  group: ScopeGroup,
): Promise<ScopeId> {
  const head = await state.get(scopeHeadKey(patient, group));
  if (head === null) {
    throw new EmrError('SCOPE_NOT_FOUND', { scopeId: groupScopeId(patient, group, 0) });
  }
  return groupScopeId(patient, group, head.epoch);
}

/** The patient's policy in force. Throws `POLICY_NOT_FOUND`. */
export async function currentPolicy(state: WorldState, patient: UserId): Promise<PolicyBody> {
  const head = await state.get(policyHeadKey(patient));
  const policy = head === null ? null : await state.get(policyKey(patient, head.version));
  if (policy === null) throw new EmrError('POLICY_NOT_FOUND', { patient });
  return policy.body;
}

/**
 * The caller, as the patient whom a signed fact is of.
 *
 * @throws EmrError `ROLE_DENIED` for other roles, `SIGNER_MISMATCH` for another patient.
 */
export async function patientSelf(
  { caller, state }: Invocation,
  patient: UserId,
  action: string,
): Promise<User> {
  assertRole(caller.role, ['patient'], action);
  if (caller.userId !== patient) {
    throw new EmrError('SIGNER_MISMATCH', { userId: patient, signer: caller.userId });
  }
  return userOf(state, patient);
}

/** @throws EmrError `ROLE_DENIED`. */
export function assertRole(role: Role, allowed: readonly Role[], action: string): void {
  if (!allowed.includes(role)) throw new EmrError('ROLE_DENIED', { role, action });
}

/** By an admin of the organization itself. Throws `ROLE_DENIED`. */
export function assertAdminOf({ role, mspId }: Caller, own: MspId, action: string): void {
  if (role === 'admin' && mspId === own) return;
  throw new EmrError('ROLE_DENIED', { role, action: `${action} of ${own}` });
}

/** @throws EmrError `CUSTODIAN_NOT_FOUND`. */
export async function custodianOf(state: WorldState, mspId: MspId): Promise<Custodian> {
  const custodian = await state.get(custodianKey(mspId));
  if (custodian === null) throw new EmrError('CUSTODIAN_NOT_FOUND', { mspId });
  return custodian;
}

/** A fragment may be sealed to a custodian key of this generation. Throws `CUSTODIAN_STALE`. */
export function assertAccepted(custodian: Custodian, generation: KeyGeneration): void {
  const { mspId, acceptedFrom, generation: newest } = custodian;
  if (generation >= acceptedFrom && generation <= newest) return;
  throw new EmrError('CUSTODIAN_STALE', { mspId, generation: newest });
}

/** An organization's private data is its own business. Throws `INPUT_INVALID`. */
export function assertOwnOrganization(mspId: MspId, own: MspId): void {
  if (mspId === own) return;
  throw new EmrError('INPUT_INVALID', {
    what: 'mspId',
    problem: 'the transaction is for another organization; ask a peer of that one',
  });
}
