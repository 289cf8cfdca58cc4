/**
 * The grants that a patient has given.
 *
 * @module
 */
import type { Grant } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';

/** In any state; as one peer has them. */
export function listGiven(
  { ledger }: ClientContext,
  signal: AbortSignal,
): AsyncGenerator<Grant, void, void> {
  return overPages(async (bookmark) => {
    const request = { as: 'patient', bookmark } as const;
    const page = await ledger.evaluate('grants:ListGrants', request, { signal });
    return { items: page.grants, bookmark: page.bookmark };
  });
}
