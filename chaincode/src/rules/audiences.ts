/**
 * Audience grants: created and extended by the patient once the shares are in place, and ended.
 *
 * @module
 */
import {
  EmrError,
  parseScopeId,
  type Audience,
  type AudienceBody,
  type PolicyBody,
  type SignedAudienceScope,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import {
  assertAudienceInForce,
  audienceScopesOf,
  refuseAudience,
  storedAudience,
  wholeAudience,
  withScopes,
} from '../audiences.js';
import { assertWithinSkew } from '../clock-skew.js';
import { currentPolicy, custodianOf, patientSelf, sameFact } from '../facts.js';
import { inOrder } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceKey, audienceOfKey, audienceScopeKey } from '../ledger-keys.js';
import { assertSigned } from '../signed-facts.js';
import {
  assertAudienceCoverage,
  assertOwnAudienceScopes,
  assertShares,
} from './audience-scopes.js';
import { areOpen, assertAudienceTerms } from './audience-terms.js';

export const createAudience: Rule<'audience:CreateAudience'> = async (invocation, request) => {
  const { state, now } = invocation;
  const { audience, scopes } = request;
  const { body, signature } = audience;
  const patient = await patientSelf(invocation, body.patient, 'create audience grants');
  assertSigned('audience', audience, patient.verifyingKey);
  assertOwnAudienceScopes(body, scopes, patient.verifyingKey);

  const { audienceId } = body;
  const existing = await state.get(audienceKey(audienceId));
  if (existing !== null) return sameAudience(invocation, existing.body, scopes, body);

  assertWithinSkew(body.createdAt, now);
  assertAudienceTerms(body, await currentPolicy(state, body.patient), now);
  for (const mspId of body.custodians) await custodianOf(state, mspId);
  await assertAudienceCoverage(state, body, scopes);
  for (const scope of scopes) await assertShares(invocation, body, scope);

  const stored = { body, signature, status: { state: 'active' } } as const;
  await state.put(audienceKey(audienceId), stored);
  await state.put(audienceOfKey(body.patient, audienceId), true);
  await putScopes(invocation, scopes);
  await auditAudience(invocation, 'audience.created', body);
  return withScopes(state, stored, inOrder(scopes));
};

export const extendAudience: Rule<'audience:ExtendAudience'> = async (invocation, request) => {
  const { state, now } = invocation;
  const { audienceId, scopes } = request;
  const stored = await storedAudience(state, audienceId);
  const { body } = stored;
  const patient = await patientSelf(invocation, body.patient, 'extend audience grants');
  assertOwnAudienceScopes(body, scopes, patient.verifyingKey);

  const before = await audienceScopesOf(state, audienceId);
  const added = scopes.filter((scope) => !isAmong(scope, before, audienceId));
  if (added.length > 0) {
    assertAudienceInForce(stored, now);
    assertStillOpen(body, await currentPolicy(state, body.patient), added);
    for (const scope of added) await assertShares(invocation, body, scope);
    await putScopes(invocation, added);
    await auditAudience(invocation, 'audience.extended', body);
  }
  return withScopes(state, stored, inOrder([...before, ...added]));
};

export const endAudience: Rule<'audience:EndAudience'> = async (invocation, { audienceId }) => {
  const { state, now } = invocation;
  const stored = await storedAudience(state, audienceId);
  await patientSelf(invocation, stored.body.patient, 'end audience grants');
  if (stored.status.state === 'ended') return wholeAudience(state, audienceId);
  const ended = { ...stored, status: { state: 'ended' as const, endedAt: now } };
  await state.put(audienceKey(audienceId), ended);
  await auditAudience(invocation, 'audience.ended', stored.body);
  return withScopes(state, ended, await audienceScopesOf(state, audienceId));
};

async function auditAudience(
  invocation: Invocation,
  type: 'audience.created' | 'audience.extended' | 'audience.ended',
  { patient, audienceId }: AudienceBody,
): Promise<void> {
  await writeAudit(invocation, { type, patient, grantId: audienceId });
}

/** The answer to a repeat: the grant as it stands now, if its terms and scopes are the same. */
async function sameAudience(
  { state }: Invocation,
  existing: AudienceBody,
  scopes: readonly SignedAudienceScope[],
  body: AudienceBody,
): Promise<Audience> {
  const { audienceId } = body;
  if (!sameFact(existing, body)) throw new EmrError('AUDIENCE_EXISTS', { audienceId });
  const audience = await wholeAudience(state, audienceId);
  if (scopes.every((scope) => isAmong(scope, audience.scopes, audienceId))) return audience;
  throw new EmrError('AUDIENCE_EXISTS', { audienceId });
}

/** @throws EmrError `AUDIENCE_EXISTS` where the scope is there with other shares. */
function isAmong(
  scope: SignedAudienceScope,
  scopes: readonly SignedAudienceScope[],
  audienceId: string,
): boolean {
  const same = scopes.find(({ body }) => body.scopeId === scope.body.scopeId);
  if (same === undefined) return false;
  if (sameFact(same.body, scope.body)) return true;
  throw new EmrError('AUDIENCE_EXISTS', { audienceId });
}

/** The policy still keeps the categories open that the grant is to open further. */
function assertStillOpen(
  { audienceId }: AudienceBody,
  policy: PolicyBody,
  added: readonly SignedAudienceScope[],
): void {
  const categories = added.flatMap(({ body }) => {
    const scope = parseScopeId(body.scopeId);
    return scope.kind === 'category' ? [scope.category] : [];
  });
  if (areOpen(categories, policy)) return;
  refuseAudience(audienceId, 'it covers no category that can be opened further');
}

async function putScopes(
  { state }: Invocation,
  scopes: readonly SignedAudienceScope[],
): Promise<void> {
  for (const scope of scopes) {
    const { audienceId, scopeId } = scope.body;
    await state.put(audienceScopeKey(audienceId, scopeId), scope);
  }
}
