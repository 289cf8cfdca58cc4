/**
 * Extending a grant to further epochs of the categories it covers: later ones, so that it goes on
 * after another grant was revoked; earlier ones, so that it opens what was filed before.
 *
 * @module
 */
import type { Grant } from '@emr-share/model';
import { inBatches } from '../batches.js';
import type { ClientContext } from '../client-context.js';
import { lackingScopes, type Reach } from '../covered-scopes.js';
import { withCurrentKeys } from '../custodian-keys.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { depositFragments, sealScope } from './fragments.js';

/**
 * Gives a grant what it lacks, up to the current epoch. Does nothing where it lacks nothing.
 *
 * @param reach - `beginning`: from the first epoch on; `own-first`: from the grant's own first one.
 * @returns the grant as it stands then.
 */
export async function extendGrant(
  context: ClientContext,
  grant: Grant,
  reach: Reach,
  signal: AbortSignal,
): Promise<Grant> {
  const { coverage } = grant.body;
  if (coverage.kind !== 'categories') return grant;
  const lacking = await lackingScopes(context, grant, coverage.categories, { reach, signal });
  if (lacking.length === 0) return grant;
  // The grant is one peer's word: a forged one must not get a key split for it.
  await assertGiven(context, grant, signal);
  let extended = grant;
  for (const scopes of inBatches(lacking)) {
    extended = await withCurrentKeys(context, signal, async (keys) => {
      const sealed = scopes.map((scope) => sealScope(context, grant.body, scope, keys));
      await depositFragments(context, grant, sealed, signal);
      return submitExtension(context, grant, sealed, signal);
    });
  }
  return extended;
}

/** The caller gave the grant, with whatever key was in force then. */
async function assertGiven(
  { directory, userId }: ClientContext,
  grant: Grant,
  signal: AbortSignal,
): Promise<void> {
  const when = { around: grant.body.createdAt };
  await directory.signer(userId, { tag: 'grant', signed: grant, when, what: 'grant' }, signal);
}

async function submitExtension(
  { ledger }: ClientContext,
  { body: { grantId } }: Grant,
  sealed: readonly ReturnType<typeof sealScope>[],
  signal: AbortSignal,
): Promise<Grant> {
  const scopes = sealed.map(({ scope }) => scope);
  const { response } = await whileBehind(['FRAGMENT_MISSING'], signal, () =>
    submitSettled(
      ledger,
      'grants:ExtendGrant',
      { grantId, scopes },
      {
        signal,
        recall: () => ledger.evaluate('grants:GetGrant', { grantId }, { signal }),
        missing: 'GRANT_NOT_FOUND',
        isOurs: (found) =>
          scopes.every(({ signature }) =>
            found.scopes.some((scope) => scope.signature === signature),
          ),
      },
    ),
  );
  return response;
}
