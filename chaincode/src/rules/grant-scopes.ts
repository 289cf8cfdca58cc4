/**
 * The scopes of a grant: signed by the patient, published, covered, and with a fragment in place at
 * every custodian.
 *
 * @module
 */
import {
  EmrError,
  parseScopeId,
  recordScopeId,
  type GrantBody,
  type ScopeId,
  type SignedGrantScope,
} from '@emr-share/model';
import { assertAccepted, custodianOf, recordOf, scopeOf } from '../facts.js';
import type { Invocation } from '../invocation.js';
import { assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';
import { areExactly, currentScopes, isOfCategories, scopesOfAllEpochs } from './category-scopes.js';

/**
 * The patient signed these scopes, for this grant, each once.
 *
 * @throws EmrError `INPUT_INVALID`, `SIGNATURE_INVALID`.
 */
export function assertOwnScopes(
  grant: GrantBody,
  scopes: readonly SignedGrantScope[],
  verifyingKeyHex: string,
): void {
  if (new Set(scopes.map(({ body }) => body.scopeId)).size !== scopes.length) {
    throw new EmrError('INPUT_INVALID', { what: 'the scopes', problem: 'one is named twice' });
  }
  for (const scope of scopes) {
    const { grantId, scopeId } = scope.body;
    if (grantId !== grant.grantId || parseScopeId(scopeId).patient !== grant.patient) {
      throw new EmrError('INPUT_INVALID', {
        what: 'the scope of a grant',
        problem: 'it names another grant or another patient',
      });
    }
    assertSigned('grant-scope', scope, verifyingKeyHex);
  }
}

/**
 * A new grant opens exactly what it covers: the current scope of each category, or the record's own.
 *
 * @throws EmrError `RECORD_NOT_FOUND`, `SCOPE_NOT_FOUND`, `GRANT_REFUSED`.
 */
export async function assertCoverage(
  state: WorldState,
  grant: GrantBody,
  scopes: readonly SignedGrantScope[],
): Promise<void> {
  const covered = await coveredScopes(state, grant);
  const named = scopes.map(({ body }) => body.scopeId);
  if (areExactly(named, covered)) return;
  const problem = 'its scopes are not the current ones of what it covers';
  throw new EmrError('GRANT_REFUSED', { grantId: grant.grantId, problem });
}

async function coveredScopes(
  state: WorldState,
  { grantId, patient, coverage }: GrantBody,
): Promise<readonly ScopeId[]> {
  if (coverage.kind === 'categories') {
    return currentScopes(state, { patient, categories: coverage.categories });
  }
  const record = await recordOf(state, coverage.recordId);
  if (record.patient !== patient) {
    const problem = "the record is not the patient's";
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  }
  return [recordScopeId(patient, coverage.recordId)];
}

/**
 * The scope is one that the grant may ever open, and is published with the key that the kfrags
 * delegate from.
 *
 * @throws EmrError `GRANT_REFUSED`, `SCOPE_NOT_FOUND`.
 */
export async function assertGrantable(
  state: WorldState,
  grant: GrantBody,
  { body }: SignedGrantScope,
): Promise<void> {
  const { grantId } = grant;
  if (!mayOpen(grant, body.scopeId)) {
    throw new EmrError('GRANT_REFUSED', {
      grantId,
      problem: 'it does not cover one of its scopes',
    });
  }
  const published = await scopeOf(state, body.scopeId);
  if (published.body.delegatingKey === body.delegatingKey) return;
  const problem = 'the delegating key is not that of the published scope';
  throw new EmrError('GRANT_REFUSED', { grantId, problem });
}

function mayOpen({ patient, coverage }: GrantBody, scopeId: ScopeId): boolean {
  if (coverage.kind === 'record') return scopeId === recordScopeId(patient, coverage.recordId);
  return isOfCategories(scopeId, { patient, categories: coverage.categories });
}

/**
 * Every published scope that a grant may open: where custodians can hold fragments of it, also those
 * of an extension that was never made.
 */
export async function grantableScopes(
  state: WorldState,
  { patient, coverage }: GrantBody,
): Promise<readonly ScopeId[]> {
  return coverage.kind === 'record'
    ? [recordScopeId(patient, coverage.recordId)]
    : scopesOfAllEpochs(state, { patient, categories: coverage.categories });
}

/**
 * The scope is grantable, and every custodian of the grant, no other, holds exactly the fragment that
 * the patient signed for, sealed to a key that it accepts.
 *
 * @throws EmrError `GRANT_REFUSED`, `SCOPE_NOT_FOUND`, `CUSTODIAN_STALE`, `FRAGMENT_MISSING`.
 */
export async function assertFragments(
  { state, sealed }: Invocation,
  grant: GrantBody,
  scope: SignedGrantScope,
): Promise<void> {
  const { grantId, custodians } = grant;
  await assertGrantable(state, grant, scope);
  const { scopeId } = scope.body;
  const committed = new Map(scope.body.fragments.map((f) => [f.mspId, f]));
  if (committed.size !== custodians.length || custodians.some((mspId) => !committed.has(mspId))) {
    const problem = 'the fragments are not one for each custodian';
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  }
  for (const { mspId, generation, sealedSha256 } of committed.values()) {
    assertAccepted(await custodianOf(state, mspId), generation);
    if ((await sealed.sha256Of({ mspId, grantId, scopeId })) !== sealedSha256) {
      throw new EmrError('FRAGMENT_MISSING', { mspId, grantId, scopeId });
    }
  }
}
