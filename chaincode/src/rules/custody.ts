/**
 * Going over to a new custodian key: an organization's live fragments are opened with the old one
 * and sealed to the new one. What nobody may use any more is not, and ends with the old key.
 *
 * @module
 */
import { EmrError, type FragmentRef, type KeyGeneration } from '@emr-share/model';
import { assertAdminOf, assertOwnOrganization, custodianOf, userOf } from '../facts.js';
import { commitmentOf, openStored, reseal, type FragmentTerms } from '../fragments.js';
import { isInForce } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { grantKey, grantScopeKey, grantScopes } from '../ledger-keys.js';
import { readSealed } from '../sealed-fragment.js';

export const listOutdatedFragments: Rule<'grants:ListOutdatedFragments'> = async (
  invocation,
  request,
) => {
  const { caller, state, service } = invocation;
  const { mspId, generation } = request;
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'see the fragments');
  const { acceptedFrom } = await custodianOf(state, mspId);
  const { entries, bookmark } = await state.page(grantScopes(), request);
  const fragments: FragmentRef[] = [];
  for (const { value } of entries) {
    const { grantId, scopeId } = value.body;
    const terms = await liveTerms(invocation, { grantId, scopeId });
    if (terms !== null && (await isOutdated(invocation, terms, generation))) {
      fragments.push({ grantId, scopeId });
    }
  }
  return { acceptedFrom, fragments, ...(bookmark === undefined ? {} : { bookmark }) };
};

/**
 * Writes private data of this organization only. What it reads is guarded as in any transaction: a
 * fragment that is purged, or a grant that is revoked, before this is ordered, stays so.
 */
export const resealFragments: Rule<'grants:ResealFragments'> = async (invocation, request) => {
  const { caller, service, fragments } = invocation;
  const { mspId, generation } = request;
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'seal the fragments');
  const key = service.custodians.of(generation);
  if (key === undefined) {
    const newest = service.custodians.generations.at(-1) ?? 0;
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: newest });
  }
  const answer = { mspId, resealed: [] as FragmentRef[], unreadable: [] as FragmentRef[] };
  for (const ref of request.fragments) {
    const terms = await liveTerms(invocation, ref);
    const stored = terms === null ? null : await outdated(invocation, terms, generation);
    if (terms === null || stored === null) continue;
    try {
      const opened = openStored(stored, terms, service.custodians);
      await fragments.put(terms.place, reseal(opened, terms, generation, key));
      answer.resealed.push(ref);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      answer.unreadable.push(ref);
    }
  }
  return answer;
};

/** What the patient signed of a fragment of a grant in force; `null` where there is no such thing. */
async function liveTerms(
  invocation: Invocation,
  { grantId, scopeId }: FragmentRef,
): Promise<FragmentTerms | null> {
  const { state, service } = invocation;
  const { mspId } = service;
  const grant = await state.get(grantKey(grantId));
  if (grant === null || !isInForce(grant, invocation)) return null;
  const scope = await state.get(grantScopeKey(grantId, scopeId));
  if (scope?.body.fragments.some((fragment) => fragment.mspId === mspId) !== true) return null;
  const { verifyingKey } = await userOf(state, grant.body.patient);
  const place = { mspId, grantId, scopeId };
  return { place, grant: grant.body, scope: scope.body, verifyingKeyHex: verifyingKey };
}

/** By the public hash where that is enough: the value may not have reached this peer yet. */
async function isOutdated(
  invocation: Invocation,
  terms: FragmentTerms,
  generation: KeyGeneration,
): Promise<boolean> {
  const hash = await invocation.fragments.sha256Of(terms.place);
  if (hash === null) return false;
  const commitment = commitmentOf(terms);
  if (hash === commitment.sealedSha256) return commitment.generation < generation;
  return (await outdated(invocation, terms, generation)) !== null;
}

/** The fragment as it rests, where it is sealed to an earlier key or to none that is held. */
async function outdated(
  { fragments, service }: Invocation,
  terms: FragmentTerms,
  generation: KeyGeneration,
): Promise<Uint8Array | null> {
  const stored = await fragments.get(terms.place);
  if (stored === null) return null;
  const sealed = readSealed(stored, terms.place, commitmentOf(terms));
  const isCurrent =
    sealed !== null &&
    sealed.generation >= generation &&
    service.custodians.of(sealed.generation) !== undefined;
  return isCurrent ? null : stored;
}

function isUnreadable(error: unknown): boolean {
  return EmrError.is(error, 'FRAGMENT_INVALID') || EmrError.is(error, 'CUSTODIAN_STALE');
}
