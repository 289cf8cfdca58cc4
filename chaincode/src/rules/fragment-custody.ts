/**
 * Fragments in the change of a custodian key.
 *
 * @module
 */
import type { FragmentRef } from '@emr-share/model';
import type { CustodyTerms } from '../custody-terms.js';
import { custodianOf, userOf } from '../facts.js';
import { fragmentTerms } from '../fragments.js';
import { isInForce } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { grantKey, grantScopeKey, grantScopes } from '../ledger-keys.js';
import { assertOwnCustody, isOutdated, resealEach } from './custody.js';

export const listOutdatedFragments: Rule<'grants:ListOutdatedFragments'> = async (
  invocation,
  request,
) => {
  const { state } = invocation;
  const { mspId, generation } = request;
  assertOwnCustody(invocation, mspId);
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

export const resealFragments: Rule<'grants:ResealFragments'> = async (invocation, request) => {
  const { mspId, generation, fragments: refs } = request;
  assertOwnCustody(invocation, mspId);
  const resealing = { mspId, generation, refs, liveTerms: liveTerms.bind(null, invocation) };
  return { mspId, ...(await resealEach(invocation, resealing)) };
};

/** What the patient signed of a fragment of a grant in force; `null` where there is no such thing. */
async function liveTerms(
  invocation: Invocation,
  { grantId, scopeId }: FragmentRef,
): Promise<CustodyTerms | null> {
  const { state, service } = invocation;
  const { mspId } = service;
  const grant = await state.get(grantKey(grantId));
  if (grant === null || !isInForce(grant, invocation)) return null;
  const scope = await state.get(grantScopeKey(grantId, scopeId));
  if (scope?.body.fragments.some((fragment) => fragment.mspId === mspId) !== true) return null;
  const { verifyingKey } = await userOf(state, grant.body.patient);
  const place = { mspId, grantId, scopeId };
  return fragmentTerms({
    place,
    grant: grant.body,
    scope: scope.body,
    verifyingKeyHex: verifyingKey,
  });
}
