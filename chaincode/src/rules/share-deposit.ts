/**
 * Depositing shares: before the audience grant, with each custodian alone, as transient data.
 *
 * @module
 */
import {
  EmrError,
  ShareDeposit,
  TRANSIENT_SHARES,
  type MspId,
  type ScopeId,
  type SignedAudienceScope,
} from '@emr-share/model';
import { assertAudienceInForce } from '../audiences.js';
import { assertOwnOrganization, custodianOf, patientSelf, sameFact } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { assertSignedUnlessStored } from '../key-history.js';
import { audienceKey, audienceScopeKey } from '../ledger-keys.js';
import { shareTerms } from '../shares.js';
import { transientData } from '../transient-data.js';
import { assertOwnAudienceScopes, assertShareable } from './audience-scopes.js';
import { takeIn } from './custody.js';

/**
 * Writes private data of this organization only; what it reads of the public state is guarded as in
 * any transaction, so a deposit cannot slip in behind the end of the grant.
 */
export const depositShares: Rule<'audience:DepositShares'> = async (invocation, request) => {
  const { state, service } = invocation;
  const { audienceId, mspId } = request;
  assertOwnOrganization(mspId, service.mspId);
  const deposit = transientData(invocation, TRANSIENT_SHARES, ShareDeposit);
  const { body } = deposit.audience;
  if (body.audienceId !== audienceId) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the deposit',
      problem: 'its audience grant is not the one of the request',
    });
  }
  const { verifyingKey } = await patientSelf(invocation, body.patient, 'deposit shares');
  const stored = await state.get(audienceKey(audienceId));
  assertSignedUnlessStored('audience', deposit.audience, stored, verifyingKey);
  const scopes = deposit.shares.map(({ scope }) => scope);
  assertOwnAudienceScopes(body, scopes, verifyingKey);
  const custodiansOf = new Map<ScopeId, readonly MspId[]>();
  for (const scope of scopes) {
    const { custodians } = await assertShareable(state, body, scope);
    custodiansOf.set(scope.body.scopeId, custodians);
  }
  const shared = await sharedAlready(invocation, deposit, mspId);
  const custodian = await custodianOf(state, mspId);

  for (const { scope, sealed } of deposit.shares) {
    const { scopeId } = scope.body;
    const place = { mspId, audienceId, scopeId };
    const terms = shareTerms(place, custodiansOf.get(scopeId) ?? [], scope.body);
    await takeIn(invocation, custodian, { sealed, terms, isKept: shared.has(scopeId) });
  }
  return { audienceId, mspId, deposited: scopes.map(({ body: { scopeId } }) => scopeId) };
};

/**
 * Before an audience grant exists a deposit may be made anew, with freshly sealed shares; what a grant
 * on the ledger refers to may be repeated, not replaced, and only while the grant is in force.
 *
 * @returns the scopes of the deposit that the grant on the ledger has.
 * @throws EmrError `AUDIENCE_EXISTS`, `AUDIENCE_ENDED`.
 */
async function sharedAlready(
  { state, now }: Invocation,
  { audience, shares }: ShareDeposit,
  mspId: MspId,
): Promise<ReadonlySet<ScopeId>> {
  const { audienceId } = audience.body;
  const stored = await state.get(audienceKey(audienceId));
  const shared = new Set<ScopeId>();
  if (stored === null) return shared;
  if (!sameFact(stored.body, audience.body)) throw new EmrError('AUDIENCE_EXISTS', { audienceId });
  assertAudienceInForce(stored, now);
  for (const { scope } of shares) {
    const { scopeId } = scope.body;
    const present = await state.get(audienceScopeKey(audienceId, scopeId));
    if (present === null) continue;
    if (commitment(present, mspId) !== commitment(scope, mspId)) {
      throw new EmrError('AUDIENCE_EXISTS', { audienceId });
    }
    shared.add(scopeId);
  }
  return shared;
}

function commitment({ body }: SignedAudienceScope, mspId: MspId): string | undefined {
  return body.shares.find((share) => share.mspId === mspId)?.sealedSha256;
}
