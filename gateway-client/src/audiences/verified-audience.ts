/**
 * Audience grants as the patient signed them, whoever passed them on.
 *
 * @module
 */
import { EmrError, type Audience } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { assertSigned } from '../signed.js';
import { assertHandedOn } from './sharing.js';

/**
 * Checks the patient's signatures on the terms and on every scope, that the scopes are of this grant,
 * with commitments to their own keys, and that what was handed on follows from them.
 *
 * @throws EmrError `SIGNATURE_INVALID`.
 */
export async function assertPatientSigned(
  context: ClientContext,
  audience: Audience,
  signal: AbortSignal,
): Promise<void> {
  const { body, scopes } = audience;
  const { verifyingPk } = await context.directory.keys(body.patient, signal);
  assertSigned('audience', audience, verifyingPk, 'audience grant');
  for (const scope of scopes) {
    assertSigned('audience-scope', scope, verifyingPk, 'scope of the audience grant');
    const { audienceId, commitments, delegatingKey } = scope.body;
    if (audienceId !== body.audienceId || !commitments.startsWith(delegatingKey)) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'scope of the audience grant' });
    }
  }
  await assertHandedOn(context, audience, signal);
}
