/**
 * Extending an audience grant to further epochs of its categories.
 *
 * @module
 */
import type { Audience, ScopeId } from '@emr-share/model';
import { inBatches } from '../batches.js';
import type { ClientContext } from '../client-context.js';
import { lackingScopes, type Reach } from '../covered-scopes.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { assertSigned } from '../signed.js';
import { depositShares, shareScope, withCurrentSharers, type SharedScope } from './shares.js';

/**
 * Gives one of the caller's own audience grants what it lacks, up to the current epochs. Does nothing
 * where it lacks nothing.
 *
 * @returns the grant as it stands then.
 */
export async function extendAudience(
  context: ClientContext,
  audience: Audience,
  reach: Reach,
  signal: AbortSignal,
): Promise<Audience> {
  const { categories } = audience.body;
  const lacking = await lackingScopes(context, audience, categories, { reach, signal });
  return extendBy(context, audience, lacking, signal);
}

/** {@link extendAudience} by these scopes. */
export async function extendBy(
  context: ClientContext,
  audience: Audience,
  scopeIds: readonly ScopeId[],
  signal: AbortSignal,
): Promise<Audience> {
  if (scopeIds.length === 0) return audience;
  // The grant is one peer's word: a forged one must not get a key shared for it.
  assertSigned('audience', audience, context.keyring.verifyingPk, 'audience grant');
  let extended = audience;
  for (const batch of inBatches(scopeIds)) {
    extended = await withCurrentSharers(context, signal, async (sharers) => {
      const shared = batch.map((scopeId) => shareScope(context, audience.body, scopeId, sharers));
      await depositShares(context, audience, shared, signal);
      return submitExtension(context, audience, shared, signal);
    });
  }
  return extended;
}

async function submitExtension(
  { ledger }: ClientContext,
  { body: { audienceId } }: Audience,
  shared: readonly SharedScope[],
  signal: AbortSignal,
): Promise<Audience> {
  const scopes = shared.map(({ scope }) => scope);
  const { response } = await whileBehind(['SHARE_MISSING'], signal, () =>
    submitSettled(
      ledger,
      'audience:ExtendAudience',
      { audienceId, scopes },
      {
        signal,
        recall: () => ledger.evaluate('audience:GetAudience', { audienceId }, { signal }),
        missing: 'AUDIENCE_NOT_FOUND',
        isOurs: (found) =>
          scopes.every(({ signature }) =>
            found.scopes.some((scope) => scope.signature === signature),
          ),
      },
    ),
  );
  return response;
}
