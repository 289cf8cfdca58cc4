/**
 * Grants: created and extended by the patient once the fragments are in place, read by the parties.
 *
 * @module
 */
import {
  EmrError,
  parseScopeId,
  type Grant,
  type GrantBody,
  type PolicyBody,
  type SignedGrantScope,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { currentPolicy, patientSelf, sameFact } from '../facts.js';
import { assertInForce, inOrder, scopesOf, storedGrant, wholeGrant } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import {
  grantKey,
  grantOfKey,
  grantScopeKey,
  grantsOf,
  grantsTo,
  grantToKey,
} from '../ledger-keys.js';
import { assertSigned } from '../signed-facts.js';
import { assertCoverage, assertFragments, assertOwnScopes } from './grant-scopes.js';
import { assertCustodians, assertGrantee, assertTerms } from './grant-terms.js';

export const createGrant: Rule<'grants:CreateGrant'> = async (invocation, request) => {
  const { state, now } = invocation;
  const { body, signature } = request.grant;
  const patient = await patientSelf(invocation, body.patient, 'create grants');
  assertSigned('grant', request.grant, patient.verifyingKey);
  assertOwnScopes(body, request.scopes, patient.verifyingKey);

  const existing = await state.get(grantKey(body.grantId));
  if (existing !== null) return sameGrant(invocation, existing.body, request.scopes, body);

  assertWithinSkew(body.createdAt, now);
  assertTerms(body, await currentPolicy(state, body.patient), now);
  await assertGrantee(invocation, body);
  await assertCustodians(state, body);
  await assertCoverage(state, body, request.scopes);
  for (const scope of request.scopes) await assertFragments(invocation, body, scope);

  const { grantId, rule } = body;
  const stored = { body, signature, status: { state: 'active' } } as const;
  await state.put(grantKey(grantId), stored);
  await state.put(grantOfKey(body.patient, grantId), true);
  await state.put(grantToKey(rule.grantee, body.patient, grantId), true);
  await putScopes(invocation, request.scopes);
  await auditGrant(invocation, 'grant.created', body);
  return { ...stored, scopes: inOrder(request.scopes) };
};

export const extendGrant: Rule<'grants:ExtendGrant'> = async (invocation, { grantId, scopes }) => {
  const { state, now } = invocation;
  const stored = await storedGrant(state, grantId);
  const { body } = stored;
  const patient = await patientSelf(invocation, body.patient, 'extend grants');
  assertOwnScopes(body, scopes, patient.verifyingKey);

  const before = await scopesOf(state, grantId);
  const added = scopes.filter((scope) => !isAmong(scope, before, grantId));
  if (added.length > 0) {
    assertInForce(stored, now);
    assertStillOpen(body, await currentPolicy(state, body.patient), added);
    for (const scope of added) await assertFragments(invocation, body, scope);
    await putScopes(invocation, added);
    await auditGrant(invocation, 'grant.extended', body);
  }
  return { ...stored, scopes: inOrder([...before, ...added]) };
};

export const getGrant: Rule<'grants:GetGrant'> = async (invocation, { grantId }) => {
  const grant = await wholeGrant(invocation.state, grantId);
  assertParty(invocation, grant.body);
  return grant;
};

export const listGrants: Rule<'grants:ListGrants'> = async ({ caller, state }, request) => {
  const range = request.as === 'patient' ? grantsOf(caller.userId) : grantsTo(caller.userId);
  const { entries, bookmark } = await state.page(range, request);
  const grants = await Promise.all(
    entries.map(({ parts }) => wholeGrant(state, parts.at(-1) ?? '')),
  );
  return { grants, ...(bookmark === undefined ? {} : { bookmark }) };
};

/**
 * A grant is shown to its two parties, to auditors, and to admins, who purge its fragments.
 *
 * @throws EmrError `ROLE_DENIED`.
 */
export function assertParty({ caller }: Invocation, body: GrantBody): void {
  const { userId, role } = caller;
  if (userId === body.patient || userId === body.rule.grantee) return;
  if (role === 'auditor' || role === 'admin') return;
  throw new EmrError('ROLE_DENIED', { role, action: 'see the grants of others' });
}

/** Writes the audit entry of something that happened to a grant. */
export async function auditGrant(
  invocation: Invocation,
  type: 'grant.created' | 'grant.extended' | 'grant.revoked' | 'grant.closed',
  { patient, grantId, rule }: GrantBody,
): Promise<void> {
  await writeAudit(invocation, { type, patient, grantId, subject: rule.grantee });
}

/** The answer to a repeat: the grant as it stands now, if its terms and scopes are the same. */
async function sameGrant(
  { state }: Invocation,
  existing: GrantBody,
  scopes: readonly SignedGrantScope[],
  body: GrantBody,
): Promise<Grant> {
  const { grantId } = body;
  if (!sameFact(existing, body)) throw new EmrError('GRANT_EXISTS', { grantId });
  const grant = await wholeGrant(state, grantId);
  if (scopes.every((scope) => isAmong(scope, grant.scopes, grantId))) return grant;
  throw new EmrError('GRANT_EXISTS', { grantId });
}

/** @throws EmrError `GRANT_EXISTS` where the scope is there with other fragments. */
function isAmong(
  scope: SignedGrantScope,
  scopes: readonly SignedGrantScope[],
  grantId: string,
): boolean {
  const same = scopes.find(({ body }) => body.scopeId === scope.body.scopeId);
  if (same === undefined) return false;
  if (sameFact(same.body, scope.body)) return true;
  throw new EmrError('GRANT_EXISTS', { grantId });
}

/** The policy still keeps the categories open that the grant is to open further. */
function assertStillOpen(
  { grantId, coverage }: GrantBody,
  { closedCategories }: PolicyBody,
  added: readonly SignedGrantScope[],
): void {
  const closed = added.some(({ body }) => {
    const scope = parseScopeId(body.scopeId);
    return scope.kind === 'category' && closedCategories.includes(scope.category);
  });
  if (coverage.kind === 'categories' && !closed) return;
  const problem = 'it covers no category that can be opened further';
  throw new EmrError('GRANT_REFUSED', { grantId, problem });
}

async function putScopes(
  { state }: Invocation,
  scopes: readonly SignedGrantScope[],
): Promise<void> {
  for (const scope of scopes) {
    const { grantId, scopeId } = scope.body;
    await state.put(grantScopeKey(grantId, scopeId), scope);
  }
}
