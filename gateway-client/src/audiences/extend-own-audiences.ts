/**
 * A patient's audience grants go on in the epochs that a revocation starts.
 *
 * @module
 */
import { EmrError, type Category, type ErrorCode } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { extendAudience } from './extend-audience.js';
import { listAudiences } from './find-audience.js';

/** Why a grant cannot be extended that is no reason to call again. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AUDIENCE_REFUSED',
  'AUDIENCE_ENDED',
  'CUSTODIAN_NOT_FOUND',
]);

/**
 * Extends the caller's audience grants that cover one of the categories, from their own first epochs
 * on. One that cannot go on is named as a warning.
 */
export async function extendOwnAudiences(
  context: ClientContext,
  categories: readonly Category[],
  signal: AbortSignal,
): Promise<void> {
  const { clock, userId, warn } = context;
  for await (const audience of listAudiences(context, userId, signal)) {
    const { body, status } = audience;
    const goesOn =
      status.state === 'active' &&
      clock.now() < body.rule.notAfter &&
      body.categories.some((category) => categories.includes(category));
    if (!goesOn) continue;
    try {
      await extendAudience(context, audience, 'own-first', signal);
    } catch (error) {
      if (!EmrError.is(error) || !FINAL.has(error.code)) throw error;
      warn(error);
    }
  }
}
