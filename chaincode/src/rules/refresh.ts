/**
 * The end of handing shares on: the new custodians make their shares, the new sharing counts, and what
 * is left of former ones is removed.
 *
 * @module
 */
import { combineDealings } from '@emr-share/crypto';
import {
  EmrError,
  type MspId,
  type Sharing,
  type SharedScopeRef,
  type UserId,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { reseal } from '../custody-terms.js';
import { openStored } from '../custody-terms.js';
import { eachDue, everyCustodian, liveSharing, placesOf, type DueRefresh } from '../due-refresh.js';
import { assertAdminOf, assertOwnOrganization, assertRole, custodianOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { dealingKey, resharingKey, sharingKey, type StoredResharing } from '../ledger-keys.js';
import { assertInForce } from '../rosters.js';
import type { SealedStore } from '../sealed-store.js';
import { commitmentsOf, newShareTerms, shareTerms } from '../shares.js';

/** Writes private data of this organization only. What is there already stays. */
export const combineShares: Rule<'custody:CombineShares'> = async (invocation, request) => {
  const { state, sealed } = invocation;
  const { mspId, roster: number, scopes } = request;
  const roster = await ownCustody(invocation, mspId, number);
  const combined: SharedScopeRef[] = [];
  if (!roster.custodians.includes(mspId)) return { mspId, combined };
  for (const due of await eachDue(invocation, roster, scopes)) {
    const { audienceId, scopeId } = due.ref;
    const fixed = await state.get(resharingKey(audienceId, scopeId, number));
    const place = { mspId, ...due.ref, roster: number };
    if (fixed === null || (await sealed.sha256Of(place)) !== null) continue;
    await sealed.put(place, await newShareOf(invocation, due, fixed));
    combined.push(due.ref);
  }
  return { mspId, combined };
};

export const activateShares: Rule<'custody:ActivateShares'> = async (invocation, request) => {
  const { caller, state, sealed } = invocation;
  const { roster: number, scopes } = request;
  assertRole(caller.role, ['admin'], 'put handed-on shares in force');
  const roster = await assertInForce(state, number);
  const activated: SharedScopeRef[] = [];
  const patients = new Set<UserId>();
  for (const { ref, former } of await eachDue(invocation, roster, scopes)) {
    const { audienceId, scopeId } = ref;
    const fixed = await state.get(resharingKey(audienceId, scopeId, number));
    if (fixed === null) throw new EmrError('SHARING_UNKNOWN', { audienceId, roster: number });
    await assertAllCombined(sealed, roster.custodians, { ...ref, roster: number });
    const { commitments, ...link } = fixed;
    const sharing: Sharing = { scopeId, links: [...former.links, link], commitments };
    await state.put(sharingKey(audienceId, scopeId), sharing);
    activated.push(ref);
    patients.add(former.audience.patient);
  }
  for (const patient of patients)
    await writeAudit(invocation, { type: 'shares.refreshed', patient });
  // The event is of them all.
  if (activated.length > 0) await writeAudit(invocation, { type: 'shares.refreshed' });
  return { activated };
};

/** Writes private data of this organization only. */
export const purgeFormerShares: Rule<'custody:PurgeFormerShares'> = async (invocation, request) => {
  const { state, sealed } = invocation;
  const { mspId, roster: number, scopes } = request;
  await ownCustody(invocation, mspId, number);
  const purged: SharedScopeRef[] = [];
  for (const ref of scopes) {
    const sharing = await liveSharing(invocation, ref);
    if (sharing === null || sharing.links.length === 0) continue;
    const { roster: reached, audience } = sharing;
    const dealers = await everyCustodian(state, audience.custodians, reached);
    for (const place of placesOf(mspId, ref, { dealers, reached })) {
      const isInForce = 'roster' in place && place.roster === reached && !('dealer' in place);
      if (!isInForce) await sealed.purge(place);
    }
    purged.push(ref);
  }
  return { mspId, purged };
};

/** By the organization's own admin, for the roster in force. */
async function ownCustody(
  { caller, state, service }: Invocation,
  mspId: MspId,
  number: number,
): ReturnType<typeof assertInForce> {
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'see to the shares');
  return assertInForce(state, number);
}

/** The bytes of this organization's new share, sealed to its own published key. */
async function newShareOf(
  invocation: Invocation,
  { ref, former, roster }: DueRefresh,
  { dealings, commitments }: StoredResharing,
): Promise<Uint8Array> {
  const { state, sealed, service } = invocation;
  const { mspId, custodians: keys } = service;
  const { audienceId, scopeId } = ref;
  const place = { mspId, ...ref, roster: roster.number };
  const dealt = [];
  for (const { index } of dealings) {
    const dealer = former.custodians[index - 1] ?? '';
    const dealing = await state.get(dealingKey(audienceId, scopeId, roster.number, dealer));
    const stored = await sealed.get({ ...place, dealer });
    if (dealing === null || stored === null) throw new EmrError('SHARE_MISSING', place);
    const terms = shareTerms({ ...place, dealer }, roster.custodians, dealing);
    dealt.push({ dealer: index, share: openStored(stored, terms, keys).secret });
  }
  const secret = combineDealings(commitmentsOf(former), dealt);
  const { generation } = await custodianOf(state, mspId);
  const custodian = keys.of(generation);
  if (custodian === undefined) throw new EmrError('CUSTODIAN_STALE', { mspId, generation });
  const terms = newShareTerms(place, roster.custodians, commitments);
  return reseal({ secret, custodian }, terms, generation, custodian);
}

/** @throws EmrError `SHARE_MISSING`. */
async function assertAllCombined(
  sealed: SealedStore,
  custodians: readonly MspId[],
  ref: SharedScopeRef & { readonly roster: number },
): Promise<void> {
  const { audienceId, scopeId } = ref;
  for (const mspId of custodians) {
    if ((await sealed.sha256Of({ mspId, ...ref })) !== null) continue;
    throw new EmrError('SHARE_MISSING', { mspId, audienceId, scopeId });
  }
}
