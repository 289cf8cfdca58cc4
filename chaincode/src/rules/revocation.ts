/**
 * The end of a grant: revoked on the ledger, purged at every custodian, closed with a receipt.
 *
 * @module
 */
import {
  EmrError,
  type GrantBody,
  type MspId,
  type RevocationReceipt,
  type ScopeId,
} from '@emr-share/model';
import { assertOwnOrganization } from '../facts.js';
import { isInForce, scopesOf, storedGrant, wholeGrant } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { grantKey, receiptKey } from '../ledger-keys.js';
import { grantableScopes } from './grant-scopes.js';
import { assertParty, auditGrant } from './grants.js';
import { holdingsOf, purgedEverywhere, type Holding } from './purged.js';

export const revokeGrant: Rule<'grants:RevokeGrant'> = async (invocation, { grantId }) => {
  const { caller, state, now } = invocation;
  const { scopes, ...stored } = await wholeGrant(state, grantId);
  const { patient, rule } = stored.body;
  if (caller.userId !== patient && caller.userId !== rule.grantee) {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'revoke a grant of others' });
  }
  if (stored.status.state === 'revoked') return { ...stored, scopes };
  const revoked = { ...stored, status: { state: 'revoked' as const, revokedAt: now } };
  await state.put(grantKey(grantId), revoked);
  await auditGrant(invocation, 'grant.revoked', stored.body);
  return { ...revoked, scopes };
};

/** Removes this organization's fragments. Writes private data only. */
export const purgeFragments: Rule<'grants:PurgeFragments'> = async (invocation, request) => {
  const { grantId, mspId } = request;
  const { state, sealed, service } = invocation;
  assertOwnOrganization(mspId, service.mspId);
  const grant = await storedGrant(state, grantId);
  assertMayEnd(invocation, grant.body, mspId);
  if (isInForce(grant, invocation)) throw new EmrError('GRANT_ACTIVE', { grantId });
  for (const scopeId of await grantableScopes(state, grant.body)) {
    await sealed.purge({ mspId, grantId, scopeId });
  }
  return { grantId, mspId, purged: await scopeIdsOf(invocation, grantId) };
};

export const getFragmentStatus: Rule<'grants:GetFragmentStatus'> = async (
  invocation,
  { grantId },
) => {
  const { body } = await storedGrant(invocation.state, grantId);
  assertParty(invocation, body);
  const holdings = await fragmentsOf(invocation, body);
  return { custodians: holdings.map((holding) => ({ ...holding, grantId })) };
};

export const closeGrant: Rule<'grants:CloseGrant'> = async (invocation, { grantId }) => {
  const { state, now } = invocation;
  const { body, status } = await storedGrant(state, grantId);
  assertMayEnd(invocation, body);
  if (status.state === 'active') throw new EmrError('GRANT_ACTIVE', { grantId });
  const existing = await state.get(receiptKey(grantId));
  if (existing !== null) return existing;

  const purged = purgedEverywhere(
    await fragmentsOf(invocation, body),
    (mspId) => new EmrError('FRAGMENT_PRESENT', { mspId, grantId }),
  );
  const receipt: RevocationReceipt = {
    grantId,
    revokedAt: status.revokedAt,
    closedAt: now,
    purged,
  };
  await state.put(receiptKey(grantId), receipt);
  await auditGrant(invocation, 'grant.closed', body);
  return receipt;
};

export const getReceipt: Rule<'grants:GetReceipt'> = async (invocation, { grantId }) => {
  const { body } = await storedGrant(invocation.state, grantId);
  assertParty(invocation, body);
  const receipt = await invocation.state.get(receiptKey(grantId));
  if (receipt === null) throw new EmrError('RECEIPT_NOT_FOUND', { grantId });
  return receipt;
};

async function scopeIdsOf({ state }: Invocation, grantId: string): Promise<ScopeId[]> {
  return (await scopesOf(state, grantId)).map(({ body }) => body.scopeId);
}

/**
 * The patient, or an admin of a custodian: of the one whose fragments go, where one is named.
 *
 * @throws EmrError `ROLE_DENIED`.
 */
function assertMayEnd({ caller }: Invocation, body: GrantBody, mspId?: MspId): void {
  const { userId, role } = caller;
  if (userId === body.patient) return;
  const ofCustodian =
    mspId === undefined ? body.custodians.includes(caller.mspId) : caller.mspId === mspId;
  if (role === 'admin' && ofCustodian) return;
  throw new EmrError('ROLE_DENIED', { role, action: 'end a grant of others' });
}

async function fragmentsOf(invocation: Invocation, grant: GrantBody): Promise<Holding[]> {
  const { grantId, custodians } = grant;
  return holdingsOf(invocation, {
    custodians,
    opened: await scopeIdsOf(invocation, grantId),
    possible: await grantableScopes(invocation.state, grant),
    placesOf: (mspId, scopeId) => [{ mspId, grantId, scopeId }],
  });
}
