/**
 * Which epochs of its categories a grant has, named or to an audience, and which it should have.
 *
 * @module
 */
import { categoryScopeId, parseScopeId, type Category, type ScopeId } from '@emr-share/model';
import type { ClientContext } from './client-context.js';
import { ownCurrentScope, ownScopes, type OwnScope } from './identity/scopes.js';

/** What both kinds of grant have. */
export interface Covering {
  readonly body: { readonly patient: string };
  readonly scopes: readonly { readonly body: { readonly scopeId: ScopeId } }[];
}

/** From which epoch on a grant shall have every one. */
export type Reach = 'beginning' | 'own-first';

/** The epochs of one category that the grant opens. */
export function coveredEpochs(grant: Covering, category: Category): readonly number[] {
  return grant.scopes
    .map(({ body }) => parseScopeId(body.scopeId))
    .flatMap((scope) =>
      scope.kind === 'category' && scope.category === category ? [scope.epoch] : [],
    );
}

/** The scopes of a category from one epoch to another, both included, that the grant lacks. */
export function missingScopes(
  grant: Covering,
  category: Category,
  { from, to }: { readonly from: number; readonly to: number },
): readonly ScopeId[] {
  const covered = coveredEpochs(grant, category);
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => from + i)
    .filter((epoch) => !covered.includes(epoch))
    .map((epoch) => categoryScopeId(grant.body.patient, category, epoch));
}

/**
 * What one of the caller's own grants lacks of its categories, up to their current epochs.
 *
 * @param reach - `beginning`: from the first epoch on; `own-first`: from the grant's own first one.
 */
export async function lackingScopes(
  context: ClientContext,
  grant: Covering,
  categories: readonly Category[],
  { reach, signal }: { readonly reach: Reach; readonly signal: AbortSignal },
): Promise<readonly OwnScope[]> {
  const lacking = await Promise.all(
    categories.map(async (category) => {
      const current = await ownCurrentScope(context, category, signal);
      if (current === null) return [];
      const from = reach === 'beginning' ? 0 : Math.min(...coveredEpochs(grant, category));
      return missingScopes(grant, category, { from, to: current.epoch });
    }),
  );
  return ownScopes(context, lacking.flat(), signal);
}
