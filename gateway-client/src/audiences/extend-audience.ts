/**
 * Extending an audience grant to further epochs of its categories.
 *
 * @module
 */
import type { Audience } from '@emr-share/model';
import { inBatches } from '../batches.js';
import type { ClientContext } from '../client-context.js';
import { lackingScopes, type Reach } from '../covered-scopes.js';
import type { OwnScope } from '../identity/scopes.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
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
  scopes: readonly OwnScope[],
  signal: AbortSignal,
): Promise<Audience> {
  if (scopes.length === 0) return audience;
  // The grant is one peer's word: a forged one must not get a key shared for it.
  const { directory, userId } = context;
  const when = { around: audience.body.createdAt };
  const fact = { tag: 'audience', signed: audience, when, what: 'audience grant' } as const;
  await directory.signer(userId, fact, signal);
  let extended = audience;
  for (const batch of inBatches(scopes)) {
    extended = await withCurrentSharers(context, signal, async (sharers) => {
      const shared = batch.map((scope) => shareScope(context, audience.body, scope, sharers));
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
