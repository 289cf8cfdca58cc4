/**
 * Shares of audience grants in the change of a custodian key.
 *
 * @module
 */
import type { ShareRef, SignedAudienceScope } from '@emr-share/model';
import { isAudienceInForce } from '../audiences.js';
import type { CustodyTerms } from '../custody-terms.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceKey, audienceScopeKey, audienceScopes } from '../ledger-keys.js';
import { shareTerms } from '../shares.js';
import { listOutdated, resealEach, type CustodyKind } from './custody.js';

const SHARES: CustodyKind<SignedAudienceScope, ShareRef> = {
  range: audienceScopes(),
  refOf: ({ body: { audienceId, scopeId } }) => ({ audienceId, scopeId }),
  liveTerms,
};

export const listOutdatedShares: Rule<'audience:ListOutdatedShares'> = async (
  invocation,
  request,
) => {
  const { acceptedFrom, refs, next } = await listOutdated(invocation, request, SHARES);
  return { acceptedFrom, shares: refs, ...next };
};

export const resealShares: Rule<'audience:ResealShares'> = async (invocation, request) => {
  const { mspId, generation, shares: refs } = request;
  return { mspId, ...(await resealEach(invocation, { mspId, generation, refs }, liveTerms)) };
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
