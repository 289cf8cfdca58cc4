/**
 * A patient's grants go on in the epochs that a revocation or new keys start.
 *
 * @module
 */
import { EmrError, type Category, type ErrorCode } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { extendGrant } from './extend-grant.js';
import { listGiven } from './list-given.js';
import { coveredCategories } from './terms.js';

/** Why a grant cannot be extended that is no reason to call again. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GRANT_REFUSED',
  'GRANT_REVOKED',
  'GRANT_EXPIRED',
  'CUSTODIAN_NOT_FOUND',
]);

/**
 * Extends the caller's grants that cover one of the categories, from their own first epochs on. One that
 * cannot go on is named as a warning.
 */
export async function extendOwnGrants(
  context: ClientContext,
  categories: readonly Category[],
  signal: AbortSignal,
): Promise<void> {
  const { clock, warn } = context;
  for await (const grant of listGiven(context, signal)) {
    const goesOn =
      grant.status.state === 'active' &&
      clock.now() < grant.body.rule.notAfter &&
      coveredCategories(grant).some((category) => categories.includes(category));
    if (!goesOn) continue;
    try {
      await extendGrant(context, grant, 'own-first', signal);
    } catch (error) {
      if (!EmrError.is(error) || !FINAL.has(error.code)) throw error;
      warn(error);
    }
  }
}
