/**
 * Audience grants as the patient signed them, whoever passed them on.
 *
 * @module
 */
import { EmrError, type Audience } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
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
  const { directory } = context;
  const { patient, createdAt } = body;
  const grant = { tag: 'audience', signed: audience, what: 'audience grant' } as const;
  await directory.signer(patient, { ...grant, when: { around: createdAt } }, signal);
  for (const scope of scopes) {
    const part = { tag: 'audience-scope', what: 'scope of the audience grant' } as const;
    const fact = { ...part, signed: scope, when: { since: createdAt } };
    await directory.signer(patient, fact, signal);
    const { audienceId, commitments, delegatingKey } = scope.body;
    if (audienceId !== body.audienceId || !commitments.startsWith(delegatingKey)) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'scope of the audience grant' });
    }
  }
  await assertHandedOn(context, audience, signal);
}
