/**
 * The end of an audience grant: once no custodian has a share of it, a receipt says so.
 *
 * @module
 */
import {
  EmrError,
  type AudienceBody,
  type AudienceReceipt,
  type Caller,
  type MspId,
  type ScopeId,
} from '@emr-share/model';
import { audienceScopesOf, isAudienceInForce, storedAudience } from '../audiences.js';
import { writeAudit } from '../audit-log.js';
import { everyCustodian, placesOf } from '../due-refresh.js';
import { assertOwnOrganization } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceReceiptKey, rosterHeadKey } from '../ledger-keys.js';
import type { WorldState } from '../world-state.js';
import { assertSeesShares } from './audience-queries.js';
import { scopesOfAllEpochs } from './category-scopes.js';
import { holdingsOf, purgedEverywhere, type Holding } from './purged.js';

/** Removes this organization's shares. Writes private data only. */
export const purgeShares: Rule<'audience:PurgeShares'> = async (invocation, request) => {
  const { audienceId, mspId } = request;
  const { caller, state, sealed, service } = invocation;
  assertOwnOrganization(mspId, service.mspId);
  const audience = await storedAudience(state, audienceId);
  assertMayPurge(caller, audience.body, [mspId]);
  if (isAudienceInForce(audience, invocation))
    throw new EmrError('AUDIENCE_ACTIVE', { audienceId });
  const reach = await reachOf(state, audience.body);
  for (const scopeId of await scopesOfAllEpochs(state, audience.body)) {
    for (const place of placesOf(mspId, { audienceId, scopeId }, reach)) await sealed.purge(place);
  }
  return { audienceId, mspId, purged: await openedScopes(invocation, audienceId) };
};

export const getShareStatus: Rule<'audience:GetShareStatus'> = async (
  invocation,
  { audienceId },
) => {
  const { body } = await storedAudience(invocation.state, audienceId);
  assertSeesShares(invocation.caller, body);
  const holdings = await sharesOf(invocation, body);
  return { custodians: holdings.map((holding) => ({ ...holding, audienceId })) };
};

export const closeAudience: Rule<'audience:CloseAudience'> = async (invocation, { audienceId }) => {
  const { caller, state, now } = invocation;
  const { body, status } = await storedAudience(state, audienceId);
  assertMayPurge(caller, body, body.custodians);
  if (status.state === 'active') throw new EmrError('AUDIENCE_ACTIVE', { audienceId });
  const existing = await state.get(audienceReceiptKey(audienceId));
  if (existing !== null) return existing;

  const purged = purgedEverywhere(
    await sharesOf(invocation, body),
    (mspId) => new EmrError('SHARE_PRESENT', { mspId, audienceId }),
  );
  const receipt: AudienceReceipt = { audienceId, endedAt: status.endedAt, closedAt: now, purged };
  await state.put(audienceReceiptKey(audienceId), receipt);
  const { patient } = body;
  await writeAudit(invocation, { type: 'audience.closed', patient, grantId: audienceId });
  return receipt;
};

export const getAudienceReceipt: Rule<'audience:GetReceipt'> = async (
  { caller, state },
  { audienceId },
) => {
  const { body } = await storedAudience(state, audienceId);
  assertSeesShares(caller, body);
  const receipt = await state.get(audienceReceiptKey(audienceId));
  if (receipt === null) throw new EmrError('RECEIPT_NOT_FOUND', { grantId: audienceId });
  return receipt;
};

async function openedScopes({ state }: Invocation, audienceId: string): Promise<ScopeId[]> {
  return (await audienceScopesOf(state, audienceId)).map(({ body }) => body.scopeId);
}

/** Who may ever have had a part of the grant's keys, by it or by a roster. */
async function reachOf(
  state: WorldState,
  { custodians }: AudienceBody,
): Promise<{ readonly dealers: readonly MspId[]; readonly reached: number }> {
  const reached = (await state.get(rosterHeadKey()))?.number ?? 0;
  return { dealers: await everyCustodian(state, custodians, reached), reached };
}

async function sharesOf(invocation: Invocation, body: AudienceBody): Promise<Holding[]> {
  const { audienceId } = body;
  const reach = await reachOf(invocation.state, body);
  return holdingsOf(invocation, {
    custodians: reach.dealers,
    opened: await openedScopes(invocation, audienceId),
    possible: await scopesOfAllEpochs(invocation.state, body),
    placesOf: (mspId, scopeId) => placesOf(mspId, { audienceId, scopeId }, reach),
  });
}

/** @throws EmrError `ROLE_DENIED` unless by the patient, or an admin of one of the organizations. */
function assertMayPurge(
  { userId, role, mspId }: Caller,
  { patient }: AudienceBody,
  organizations: readonly string[],
): void {
  if (userId === patient || (role === 'admin' && organizations.includes(mspId))) return;
  throw new EmrError('ROLE_DENIED', { role, action: 'purge shares of others' });
}
