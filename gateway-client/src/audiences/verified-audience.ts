/**
 * Audience grants as the patient signed them, whoever passed them on.
 *
 * @module
 */
import { ShareCommitments } from '@emr-share/crypto';
import { EmrError, type Audience } from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { decoding } from '../crypto-failure.js';
import { assertSigned } from '../signed.js';

/**
 * Checks the patient's signatures on the terms and on every scope, and that the scopes are of this
 * grant, with commitments to their own keys.
 *
 * @throws EmrError `SIGNATURE_INVALID`.
 */
export async function assertPatientSigned(
  { directory }: ClientContext,
  audience: Audience,
  signal: AbortSignal,
): Promise<void> {
  const { body, scopes } = audience;
  const { verifyingPk } = await directory.keys(body.patient, signal);
  assertSigned('audience', audience, verifyingPk, 'audience grant');
  for (const scope of scopes) {
    assertSigned('audience-scope', scope, verifyingPk, 'scope of the audience grant');
    const { audienceId, commitments, delegatingKey } = scope.body;
    if (audienceId !== body.audienceId || !commitments.startsWith(delegatingKey)) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'scope of the audience grant' });
    }
  }
}

/** The commitments to the key of one scope; `null` where the grant has no shares of it. */
export function commitmentsTo(audience: Audience, scopeId: string): ShareCommitments | null {
  const scope = audience.scopes.find(({ body }) => body.scopeId === scopeId);
  return scope === undefined
    ? null
    : decoding('the commitments', () =>
        ShareCommitments.fromBytes(hexToBytes(scope.body.commitments)),
      );
}
