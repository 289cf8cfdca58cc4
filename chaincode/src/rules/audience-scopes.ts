/**
 * The scopes of an audience grant: signed by the patient, published, covered, and with a share in
 * place at every custodian.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import {
  EmrError,
  parseScopeId,
  type AudienceBody,
  type AudienceScopeBody,
  type SignedAudienceScope,
} from '@emr-share/model';
import { refuseAudience } from '../audiences.js';
import { assertAccepted, custodianOf, scopeOf } from '../facts.js';
import type { Invocation } from '../invocation.js';
import { assertInForce } from '../rosters.js';
import { commitmentsOf } from '../shares.js';
import { sharedByPatient, type SharedAmong } from '../sharings.js';
import { assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';
import { areExactly, currentScopes, isOfCategories } from './category-scopes.js';

/**
 * The patient signed these scopes, for this audience grant, each once.
 *
 * @throws EmrError `INPUT_INVALID`, `SIGNATURE_INVALID`.
 */
export function assertOwnAudienceScopes(
  audience: AudienceBody,
  scopes: readonly SignedAudienceScope[],
  verifyingKeyHex: string,
): void {
  if (new Set(scopes.map(({ body }) => body.scopeId)).size !== scopes.length) {
    throw new EmrError('INPUT_INVALID', { what: 'the scopes', problem: 'one is named twice' });
  }
  for (const scope of scopes) {
    const { audienceId, scopeId } = scope.body;
    if (audienceId !== audience.audienceId || parseScopeId(scopeId).patient !== audience.patient) {
      throw new EmrError('INPUT_INVALID', {
        what: 'the scope of an audience grant',
        problem: 'it names another grant or another patient',
      });
    }
    assertSigned('audience-scope', scope, verifyingKeyHex);
  }
}

/**
 * A new audience grant opens exactly what it covers: the current scope of each category.
 *
 * @throws EmrError `SCOPE_NOT_FOUND`, `AUDIENCE_REFUSED`.
 */
export async function assertAudienceCoverage(
  state: WorldState,
  audience: AudienceBody,
  scopes: readonly SignedAudienceScope[],
): Promise<void> {
  const named = scopes.map(({ body }) => body.scopeId);
  if (areExactly(named, await currentScopes(state, audience))) return;
  refuseAudience(audience.audienceId, 'its scopes are not the current ones of what it covers');
}

/**
 * The scope is one that the audience grant may ever open, and its commitments are to the key that is
 * published, with the threshold of the grant and of the roster that it names, which is in force.
 *
 * @returns among whom it is shared.
 * @throws EmrError `AUDIENCE_REFUSED`, `SCOPE_NOT_FOUND`, `ROSTER_STALE`, `ROSTER_NOT_FOUND`.
 */
export async function assertShareable(
  state: WorldState,
  audience: AudienceBody,
  { body }: SignedAudienceScope,
): Promise<SharedAmong> {
  const { audienceId } = audience;
  if (!isOfCategories(body.scopeId, audience)) {
    refuseAudience(audienceId, 'it does not cover one of its scopes');
  }
  if (body.roster !== undefined) await assertInForce(state, body.roster);
  const among = await sharedByPatient(state, audience, body);
  if (among.threshold > among.custodians.length) {
    refuseAudience(audienceId, 'it asks for more custodians than the roster has');
  }
  const published = await scopeOf(state, body.scopeId);
  if (published.body.delegatingKey !== body.delegatingKey) {
    refuseAudience(audienceId, 'the delegating key is not that of the published scope');
  }
  const problem = problemOfCommitments(body, among.threshold);
  if (problem !== null) refuseAudience(audienceId, problem);
  return among;
}

function problemOfCommitments(body: AudienceScopeBody, threshold: number): string | null {
  try {
    const commitments = commitmentsOf(body);
    if (commitments.threshold !== threshold) return 'its commitments are not as many as threshold';
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return 'its commitments are no points of the curve';
  }
  return body.commitments.startsWith(body.delegatingKey)
    ? null
    : 'its commitments are not to the key of the scope';
}

/**
 * The scope is shareable, and every custodian of the sharing, no other, holds exactly the share that
 * the patient signed for, sealed to a key that it accepts.
 *
 * @throws EmrError `AUDIENCE_REFUSED`, `SCOPE_NOT_FOUND`, `CUSTODIAN_STALE`, `SHARE_MISSING`.
 */
export async function assertShares(
  { state, sealed }: Invocation,
  audience: AudienceBody,
  scope: SignedAudienceScope,
): Promise<void> {
  const { audienceId } = audience;
  const { custodians } = await assertShareable(state, audience, scope);
  const { scopeId, shares } = scope.body;
  const inOrder = shares.every(({ mspId }, i) => mspId === custodians[i]);
  if (!inOrder || shares.length !== custodians.length) {
    refuseAudience(audienceId, 'the shares are not one for each custodian, in their order');
  }
  for (const { mspId, generation, sealedSha256 } of shares) {
    assertAccepted(await custodianOf(state, mspId), generation);
    if ((await sealed.sha256Of({ mspId, audienceId, scopeId })) !== sealedSha256) {
      throw new EmrError('SHARE_MISSING', { mspId, audienceId, scopeId });
    }
  }
}
