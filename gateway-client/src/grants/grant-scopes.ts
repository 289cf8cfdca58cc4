/**
 * Which epochs of a category a grant has, and which it should have.
 *
 * @module
 */
import {
  categoryScopeId,
  parseScopeId,
  type Category,
  type Grant,
  type ScopeId,
} from '@emr-share/model';

/** The epochs of one category that the grant opens. */
export function grantedEpochs(grant: Grant, category: Category): readonly number[] {
  return grant.scopes
    .map(({ body }) => parseScopeId(body.scopeId))
    .flatMap((scope) =>
      scope.kind === 'category' && scope.category === category ? [scope.epoch] : [],
    );
}

/** The scopes of a category from one epoch to another, both included, that the grant lacks. */
export function missingScopes(
  grant: Grant,
  category: Category,
  { from, to }: { readonly from: number; readonly to: number },
): readonly ScopeId[] {
  const granted = grantedEpochs(grant, category);
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => from + i)
    .filter((epoch) => !granted.includes(epoch))
    .map((epoch) => categoryScopeId(grant.body.patient, category, epoch));
}
