/**
 * Shares of audience grants in the change of a custodian key.
 *
 * @module
 */
import type { ShareRef, SignedAudienceScope } from '@emr-share/model';
import { isAudienceInForce } from '../audiences.js';
import type { CustodyTerms } from '../custody-terms.js';
import type { Invocation, Rule } from '../invocation.js';
import {
  audienceKey,
  audienceScopeKey,
  audienceScopes,
  dealingKey,
  dealings,
  resharingKey,
  sharingKey,
} from '../ledger-keys.js';
import { rosterInForce } from '../rosters.js';
import { newShareTerms, shareTerms } from '../shares.js';
import { sharingInForce, termsOfShare, type ScopeSharing } from '../sharings.js';
import type { WorldState } from '../world-state.js';
import { listOutdated, resealEach, type CustodyKind } from './custody.js';

const SHARES: CustodyKind<SignedAudienceScope, ShareRef> = {
  range: audienceScopes(),
  refsOf: async ({ body }, { state }) => {
    const { audienceId, scopeId } = body;
    const ref = { audienceId, scopeId };
    const underRosters = await rosteredRefs(state, ref);
    return [ref, ...underRosters];
  },
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

/**
 * The terms of a share that counts, or is going to: of the sharing in force, or of the one that is being
 * made for the roster in force. `null` where it is neither: such a share ends with its key.
 */
async function liveTerms(invocation: Invocation, ref: ShareRef): Promise<CustodyTerms | null> {
  const { state, service } = invocation;
  const { mspId } = service;
  const { audienceId, scopeId } = ref;
  const audience = await state.get(audienceKey(audienceId));
  if (audience === null || !isAudienceInForce(audience, invocation)) return null;
  const scope = await state.get(audienceScopeKey(audienceId, scopeId));
  if (scope === null) return null;
  const sharing = await sharingInForce(state, audience.body, scope.body);
  const isInForce = (ref.roster ?? 0) === (sharing.links.length === 0 ? 0 : sharing.roster);
  if (isInForce && ref.dealer === undefined) {
    return sharing.custodians.includes(mspId) ? termsOfShare(sharing, mspId) : null;
  }
  return termsOfComing(invocation, ref, sharing);
}

/** The terms of what is there of a sharing that is not in force yet. */
async function termsOfComing(
  { state, service }: Invocation,
  { audienceId, scopeId, dealer }: ShareRef,
  former: ScopeSharing,
): Promise<CustodyTerms | null> {
  const { mspId } = service;
  const roster = await rosterInForce(state);
  if (roster === null || roster.number <= former.roster || !roster.custodians.includes(mspId)) {
    return null;
  }
  const place = { mspId, audienceId, scopeId, roster: roster.number };
  if (dealer !== undefined) {
    const dealing = await state.get(dealingKey(audienceId, scopeId, roster.number, dealer));
    return dealing && shareTerms({ ...place, dealer }, roster.custodians, dealing);
  }
  const coming = await state.get(resharingKey(audienceId, scopeId, roster.number));
  return coming && newShareTerms(place, roster.custodians, coming.commitments);
}

/** What there may be of a scope's shares for the custodians of the roster in force. */
async function rosteredRefs(
  state: WorldState,
  ref: Pick<ShareRef, 'audienceId' | 'scopeId'>,
): Promise<readonly ShareRef[]> {
  const current = await rosterInForce(state);
  if (current === null) return [];
  const { audienceId, scopeId } = ref;
  const handedOn = (await state.get(sharingKey(audienceId, scopeId)))?.links.at(-1)?.roster;
  const numbers = new Set([current.number, ...(handedOn === undefined ? [] : [handedOn])]);
  const dealt = await state.list(dealings(audienceId, scopeId, current.number));
  return [
    ...Array.from(numbers, (roster) => ({ ...ref, roster })),
    ...dealt.map(({ value: { dealer, roster } }) => ({ ...ref, roster, dealer })),
  ];
}
