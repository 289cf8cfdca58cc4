/**
 * Filing a record: the author's signed statement of what was encrypted for whom, under which policy.
 *
 * @module
 */
import {
  EmrError,
  groupOf,
  parseScopeId,
  recordBodyOf,
  scopeGroupOf,
  type ParsedScope,
  type RecordBody,
  type Role,
  type ScopeGroup,
  type User,
  type UserId,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { assertRole, currentPolicy, currentScopeId, sameFact, userOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { recordKey, recordOfKey, userKey } from '../ledger-keys.js';
import { assertCapsule, assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';

const AUTHOR_ROLES: readonly Role[] = ['patient', 'physician', 'emergency-physician', 'device'];

export const fileRecord: Rule<'records:FileRecord'> = async (invocation, record) => {
  const { state, now } = invocation;
  const body = recordBodyOf(record);
  const { recordId, patient } = body;
  const author = await authorOf(invocation, body);
  assertSigned('record', { body, signature: record.signature }, author.verifyingKey);

  const existing = await state.get(recordKey(recordId));
  if (existing !== null) {
    if (sameFact(recordBodyOf(existing), body)) return existing;
    throw new EmrError('RECORD_EXISTS', { recordId });
  }

  assertWithinSkew(body.timestamp, now);
  assertRole((await userOf(state, patient)).role, ['patient'], 'own medical records');
  await assertCurrentPolicy(state, body);
  await assertCurrentScope(state, body);
  assertCapsule(body.metadata.keyWrap.capsule, 'the capsule');
  await state.put(recordKey(recordId), record);
  await state.put(recordOfKey(patient, recordId), true);
  await writeAudit(invocation, { type: 'record.filed', patient, recordId });
  return record;
};

/** The registered user who signs: the caller, in a role that may file this record. */
async function authorOf({ caller, state }: Invocation, body: RecordBody): Promise<User> {
  const author = await state.get(userKey(body.author));
  if (author === null) throw new EmrError('SIGNER_UNREGISTERED', { userId: body.author });
  if (caller.userId !== author.userId) {
    throw new EmrError('SIGNER_MISMATCH', { userId: author.userId, signer: caller.userId });
  }
  assertRole(caller.role, AUTHOR_ROLES, 'file records');
  if (caller.role === 'patient' && body.patient !== caller.userId) {
    const action = 'file records of another patient';
    throw new EmrError('ROLE_DENIED', { role: caller.role, action });
  }
  return author;
}

async function assertCurrentPolicy(state: WorldState, body: RecordBody): Promise<void> {
  const { patient, policy } = body;
  if (policy.patient !== patient) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the policy reference',
      problem: 'it names the policy of another patient',
    });
  }
  const { version } = await currentPolicy(state, patient);
  if (policy.version !== version) throw new EmrError('POLICY_STALE', { patient, version });
}

async function assertCurrentScope(state: WorldState, body: RecordBody): Promise<void> {
  const { patient, info, metadata } = body;
  const { scopeId } = metadata.keyWrap;
  const group = scopeGroupOf(info.category, info.securityLevel);
  const epoch = epochWithin(parseScopeId(scopeId), patient, group);
  if (epoch === null) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the key wrap',
      problem: `its scope is not one of the patient's for ${kindOfRecords(group)}`,
    });
  }
  const current = await currentScopeId(state, patient, group);
  if (scopeId === current) return;
  const newest = epochWithin(parseScopeId(current), patient, group) ?? 0;
  if (epoch > newest) throw new EmrError('SCOPE_NOT_FOUND', { scopeId });
  throw new EmrError('SCOPE_STALE', { scopeId, epoch: newest });
}

const kindOfRecords = (group: ScopeGroup): string =>
  group === 'sealed' ? 'sealed records' : `records of ${group} that are not sealed`;

/** The epoch of a scope of this patient and group; `null` for any other scope. */
function epochWithin(scope: ParsedScope, patient: UserId, group: ScopeGroup): number | null {
  const isWithin = scope.kind !== 'record' && scope.patient === patient && groupOf(scope) === group;
  return isWithin ? scope.epoch : null;
}
