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
import { currentScopeId, recordOf, scopeOf } from '../facts.js';
import type { Invocation } from '../invocation.js';
import { assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';

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
  const covered = new Set(await coveredScopes(state, grant));
  const exact =
    covered.size === scopes.length && scopes.every(({ body }) => covered.has(body.scopeId));
  if (exact) return;
  const problem = 'its scopes are not the current ones of what it covers';
  throw new EmrError('GRANT_REFUSED', { grantId: grant.grantId, problem });
}

async function coveredScopes(
  state: WorldState,
  { grantId, patient, coverage }: GrantBody,
): Promise<readonly ScopeId[]> {
  if (coverage.kind === 'categories') {
    return Promise.all(coverage.categories.map((c) => currentScopeId(state, patient, c)));
  }
  const record = await recordOf(state, coverage.recordId);
  if (record.patient !== patient) {
    const problem = "the record is not the patient's";
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  }
  return [recordScopeId(patient, coverage.recordId)];
}

/**
 * The scope is published with the key that the kfrags delegate from, and every custodian of the
 * grant, no other, holds exactly the fragment that the patient signed for.
 *
 * @throws EmrError `SCOPE_NOT_FOUND`, `GRANT_REFUSED`, `FRAGMENT_MISSING`.
 */
export async function assertFragments(
  { state, fragments }: Invocation,
  grant: GrantBody,
  { body }: SignedGrantScope,
): Promise<void> {
  const { grantId, custodians } = grant;
  const { scopeId } = body;
  const published = await scopeOf(state, scopeId);
  if (published.body.delegatingKey !== body.delegatingKey) {
    const problem = 'the delegating key is not that of the published scope';
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  }
  const committed = new Map(body.fragments.map((f) => [f.mspId, f.sealedSha256]));
  if (committed.size !== custodians.length || custodians.some((mspId) => !committed.has(mspId))) {
    const problem = 'the fragments are not one for each custodian';
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  }
  for (const mspId of custodians) {
    if ((await fragments.sha256Of({ mspId, grantId, scopeId })) !== committed.get(mspId)) {
      throw new EmrError('FRAGMENT_MISSING', { mspId, grantId, scopeId });
    }
  }
}
