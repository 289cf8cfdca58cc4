/**
 * Scopes: the public halves of a patient's delegating keys. Those of a category, and of what is sealed,
 * come in epochs, without gaps; a record scope stands alone.
 *
 * @module
 */
import {
  EmrError,
  groupOf,
  parseScopeId,
  type GroupScope,
  type ParsedScope,
  type RecordScope,
  type ScopeId,
  type SignedScope,
  type User,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { currentScopeId, patientSelf, recordOf, scopeOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { scopeHeadKey, scopeKey } from '../ledger-keys.js';
import { assertPublicKey, assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';

/** Epochs as this transaction leaves them: state reads do not show its own writes. */
export type Heads = Map<string, number>;

export const publishScopes: Rule<'registry:PublishScopes'> = async (invocation, { scopes }) => {
  const { caller } = invocation;
  const patient = await patientSelf(invocation, caller.userId, 'publish scopes');
  const heads: Heads = new Map();
  let changed = false;
  for (const scope of scopes) {
    changed = (await publishScope(invocation, patient, scope, heads)) || changed;
  }
  if (changed) {
    await writeAudit(invocation, { type: 'scope.published', patient: patient.userId });
  }
  return { published: scopes.map(({ body }) => body.scopeId) };
};

export const getScope: Rule<'registry:GetScope'> = ({ state }, { scopeId }) =>
  scopeOf(state, scopeId);

export const getCurrentScope: Rule<'registry:GetCurrentScope'> = async (
  { state },
  { patient, group },
) => scopeOf(state, await currentScopeId(state, patient, group));

/**
 * Publishes one scope, signed by the patient's key in force.
 *
 * @returns whether it was not there yet.
 */
export async function publishScope(
  { state, now }: Invocation,
  patient: User,
  scope: SignedScope,
  heads: Heads,
): Promise<boolean> {
  const { scopeId, publishedAt, delegatingKey } = scope.body;
  const parsed = assertOwnScope(patient, scope);
  assertPublicKey(delegatingKey, 'the delegating key');
  assertSigned('scope', scope, patient.verifyingKey);

  const existing = await state.get(scopeKey(scopeId));
  if (existing?.body.delegatingKey === delegatingKey) return false;
  if (existing !== null) throw new EmrError('SCOPE_EXISTS', { scopeId });

  assertWithinSkew(publishedAt, now);
  if (parsed.kind === 'record') await assertOwnRecord(state, parsed);
  else await advanceEpoch(state, parsed, scopeId, heads);
  await state.put(scopeKey(scopeId), scope);
  return true;
}

function assertOwnScope(patient: User, { body }: SignedScope): ParsedScope {
  if (body.patient !== patient.userId) {
    throw new EmrError('SIGNER_MISMATCH', { userId: body.patient, signer: patient.userId });
  }
  const parsed = parseScopeId(body.scopeId);
  if (parsed.patient === body.patient) return parsed;
  throw new EmrError('INPUT_INVALID', {
    what: 'the scope',
    problem: 'its ID names another patient than its body',
  });
}

async function advanceEpoch(
  state: WorldState,
  scope: GroupScope,
  scopeId: ScopeId,
  heads: Heads,
): Promise<void> {
  const { patient, epoch } = scope;
  const group = groupOf(scope);
  const head = heads.get(group) ?? (await state.get(scopeHeadKey(patient, group)))?.epoch ?? -1;
  if (epoch !== head + 1) {
    throw new EmrError('SCOPE_STALE', { scopeId, epoch: Math.max(head, 0) });
  }
  heads.set(group, epoch);
  await state.put(scopeHeadKey(patient, group), { epoch });
}

async function assertOwnRecord(
  state: WorldState,
  { patient, recordId }: RecordScope,
): Promise<void> {
  const record = await recordOf(state, recordId);
  if (record.patient !== patient) throw new EmrError('ACCESS_DENIED', { recordId });
}
