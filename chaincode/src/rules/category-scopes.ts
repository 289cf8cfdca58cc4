/**
 * The scopes of categories: what a grant of whole categories may open.
 *
 * @module
 */
import {
  categoryScopeId,
  parseScopeId,
  type Category,
  type ScopeId,
  type UserId,
} from '@emr-share/model';
import { currentScopeId } from '../facts.js';
import { scopeHeadKey } from '../ledger-keys.js';
import type { WorldState } from '../world-state.js';

/** Whose categories. */
export interface Categories {
  readonly patient: UserId;
  readonly categories: readonly Category[];
}

/** The scope of the current epoch of each category. Throws `SCOPE_NOT_FOUND`. */
export function currentScopes(
  state: WorldState,
  { patient, categories }: Categories,
): Promise<readonly ScopeId[]> {
  return Promise.all(categories.map((category) => currentScopeId(state, patient, category)));
}

/** The scopes of all epochs of the categories. */
export async function scopesOfAllEpochs(
  state: WorldState,
  { patient, categories }: Categories,
): Promise<readonly ScopeId[]> {
  const scopeIds: ScopeId[] = [];
  for (const category of categories) {
    const head = await state.get(scopeHeadKey(patient, category));
    for (let epoch = 0; head !== null && epoch <= head.epoch; epoch++) {
      scopeIds.push(categoryScopeId(patient, category, epoch));
    }
  }
  return scopeIds;
}

/** Whether a scope is one of the categories', in whatever epoch. */
export function isOfCategories(scopeId: ScopeId, { patient, categories }: Categories): boolean {
  const parsed = parseScopeId(scopeId);
  return (
    parsed.kind === 'category' && parsed.patient === patient && categories.includes(parsed.category)
  );
}

/** Whether these are exactly the scopes wanted, in any order. */
export function areExactly(scopeIds: readonly ScopeId[], wanted: readonly ScopeId[]): boolean {
  const set = new Set(wanted);
  return set.size === scopeIds.length && scopeIds.every((scopeId) => set.has(scopeId));
}
