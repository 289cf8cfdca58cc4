/**
 * Shares of audience grants in the change of a custodian key.
 *
 * @module
 */
import type { ShareRef } from '@emr-share/model';
import { isAudienceInForce } from '../audiences.js';
import type { CustodyTerms } from '../custody-terms.js';
import { custodianOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceKey, audienceScopeKey, audienceScopes } from '../ledger-keys.js';
import { shareTerms } from '../shares.js';
import { assertOwnCustody, isOutdated, resealEach } from './custody.js';

export const listOutdatedShares: Rule<'audience:ListOutdatedShares'> = async (
  invocation,
  request,
) => {
  const { state } = invocation;
  const { mspId, generation } = request;
  assertOwnCustody(invocation, mspId);
  const { acceptedFrom } = await custodianOf(state, mspId);
  const { entries, bookmark } = await state.page(audienceScopes(), request);
  const shares: ShareRef[] = [];
  for (const { value } of entries) {
    const { audienceId, scopeId } = value.body;
    const terms = await liveTerms(invocation, { audienceId, scopeId });
    if (terms !== null && (await isOutdated(invocation, terms, generation))) {
      shares.push({ audienceId, scopeId });
    }
  }
  return { acceptedFrom, shares, ...(bookmark === undefined ? {} : { bookmark }) };
};

export const resealShares: Rule<'audience:ResealShares'> = async (invocation, request) => {
  const { mspId, generation, shares: refs } = request;
  assertOwnCustody(invocation, mspId);
  const resealing = { mspId, generation, refs, liveTerms: liveTerms.bind(null, invocation) };
  return { mspId, ...(await resealEach(invocation, resealing)) };
};

/** What the patient signed of a share of a grant in force; `null` where there is no such thing. */
async function liveTerms(
  invocation: Invocation,
  { audienceId, scopeId }: ShareRef,
): Promise<CustodyTerms | null> {
  const { state, service } = invocation;
  const { mspId } = service;
  const audience = await state.get(audienceKey(audienceId));
  if (audience === null || !isAudienceInForce(audience, invocation)) return null;
  const scope = await state.get(audienceScopeKey(audienceId, scopeId));
  if (scope?.body.shares.some((share) => share.mspId === mspId) !== true) return null;
  const place = { mspId, audienceId, scopeId };
  return shareTerms({ place, audience: audience.body, scope: scope.body });
}
