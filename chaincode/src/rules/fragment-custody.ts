/**
 * Fragments in the change of a custodian key.
 *
 * @module
 */
import type { FragmentRef, SignedGrantScope } from '@emr-share/model';
import type { CustodyTerms } from '../custody-terms.js';
import { fragmentTerms } from '../fragments.js';
import { isInForce } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { signingKeyOf } from '../key-history.js';
import { grantKey, grantScopeKey, grantScopes } from '../ledger-keys.js';
import { listOutdated, resealEach, type CustodyKind } from './custody.js';

const FRAGMENTS: CustodyKind<SignedGrantScope, FragmentRef> = {
  range: grantScopes(),
  refsOf: ({ body: { grantId, scopeId } }) => [{ grantId, scopeId }],
  liveTerms,
};

export const listOutdatedFragments: Rule<'grants:ListOutdatedFragments'> = async (
  invocation,
  request,
) => {
  const { acceptedFrom, refs, next } = await listOutdated(invocation, request, FRAGMENTS);
  return { acceptedFrom, fragments: refs, ...next };
};

export const resealFragments: Rule<'grants:ResealFragments'> = async (invocation, request) => {
  const { mspId, generation, fragments: refs } = request;
  return { mspId, ...(await resealEach(invocation, { mspId, generation, refs }, liveTerms)) };
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
  const signedWith = await signingKeyOf(state, grant.body.patient, 'grant-scope', scope);
  const place = { mspId, grantId, scopeId };
  return fragmentTerms({
    place,
    grant: grant.body,
    scope: scope.body,
    verifyingKeyHex: signedWith,
  });
}
