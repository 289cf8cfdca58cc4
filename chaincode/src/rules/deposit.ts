/**
 * Depositing fragments: before the grant, with each custodian alone, as transient data.
 *
 * @module
 */
import {
  EmrError,
  FragmentDeposit,
  TRANSIENT_FRAGMENTS,
  type MspId,
  type ScopeId,
  type SignedGrantScope,
} from '@emr-share/model';
import { assertOwnOrganization, custodianOf, patientSelf, sameFact } from '../facts.js';
import { fragmentTerms } from '../fragments.js';
import { assertInForce } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { assertSignedUnlessStored } from '../key-history.js';
import { grantKey, grantScopeKey } from '../ledger-keys.js';
import { transientData } from '../transient-data.js';
import { takeIn } from './custody.js';
import { assertGrantable, assertOwnScopes } from './grant-scopes.js';

/**
 * Writes private data of this organization only; what it reads of the public state is guarded as in
 * any transaction, so a deposit cannot slip in behind a revocation.
 */
export const depositFragments: Rule<'grants:DepositFragments'> = async (invocation, request) => {
  const { state, service } = invocation;
  const { grantId, mspId } = request;
  assertOwnOrganization(mspId, service.mspId);
  const deposit = transientData(invocation, TRANSIENT_FRAGMENTS, FragmentDeposit);
  const { body } = deposit.grant;
  if (body.grantId !== grantId) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the deposit',
      problem: 'its grant is not the one of the request',
    });
  }
  const { verifyingKey } = await patientSelf(invocation, body.patient, 'deposit fragments');
  const stored = await state.get(grantKey(grantId));
  assertSignedUnlessStored('grant', deposit.grant, stored, verifyingKey);
  const scopes = deposit.fragments.map(({ scope }) => scope);
  assertOwnScopes(body, scopes, verifyingKey);
  if (!body.custodians.includes(mspId)) {
    const problem = 'the organization is no custodian of the grant';
    throw new EmrError('FRAGMENT_INVALID', { mspId, grantId, problem });
  }
  for (const scope of scopes) await assertGrantable(state, body, scope);
  const granted = await grantedAlready(invocation, deposit, mspId);
  const custodian = await custodianOf(state, mspId);

  for (const { scope, sealed } of deposit.fragments) {
    const place = { mspId, grantId, scopeId: scope.body.scopeId };
    const signed = { place, grant: body, scope: scope.body, verifyingKeyHex: verifyingKey };
    const isKept = granted.has(place.scopeId);
    await takeIn(invocation, custodian, { sealed, terms: fragmentTerms(signed), isKept });
  }
  return { grantId, mspId, deposited: scopes.map(({ body: { scopeId } }) => scopeId) };
};

/**
 * Before a grant exists a deposit may be made anew, with freshly sealed fragments; what a grant on
 * the ledger refers to may be repeated, not replaced, and only while the grant is in force.
 *
 * @returns the scopes of the deposit that the grant on the ledger has.
 * @throws EmrError `GRANT_EXISTS`, `GRANT_REVOKED`, `GRANT_EXPIRED`.
 */
async function grantedAlready(
  invocation: Invocation,
  { grant, fragments }: FragmentDeposit,
  mspId: MspId,
): Promise<ReadonlySet<ScopeId>> {
  const { state, now } = invocation;
  const { grantId } = grant.body;
  const stored = await state.get(grantKey(grantId));
  const granted = new Set<ScopeId>();
  if (stored === null) return granted;
  if (!sameFact(stored.body, grant.body)) throw new EmrError('GRANT_EXISTS', { grantId });
  assertInForce(stored, now);
  for (const { scope } of fragments) {
    const { scopeId } = scope.body;
    const present = await state.get(grantScopeKey(grantId, scopeId));
    if (present === null) continue;
    if (commitment(present, mspId) !== commitment(scope, mspId)) {
      throw new EmrError('GRANT_EXISTS', { grantId });
    }
    granted.add(scopeId);
  }
  return granted;
}

function commitment({ body }: SignedGrantScope, mspId: MspId): string | undefined {
  return body.fragments.find((fragment) => fragment.mspId === mspId)?.sealedSha256;
}
