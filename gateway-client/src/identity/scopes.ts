/**
 * Publishing the delegating keys of a patient's scopes: the first epochs, the next ones, and those
 * of single records.
 *
 * @module
 */
import {
  categoryScopeId,
  EmrError,
  type Category,
  type ScopeBody,
  type ScopeId,
  type SignedScope,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { submitSettled } from '../settle.js';

/** A category's current epoch. */
export interface CurrentScope {
  readonly category: Category;
  readonly scopeId: ScopeId;
  readonly epoch: number;
}

/**
 * The current scope of one of the caller's own categories, or `null` where none is published.
 *
 * @throws EmrError `SIGNATURE_INVALID` where the ledger has another key than this keyring derives.
 */
export async function ownCurrentScope(
  context: ClientContext,
  category: Category,
  signal: AbortSignal,
): Promise<CurrentScope | null> {
  try {
    const scope = await context.directory.currentScope(context.userId, category, signal);
    assertOwnKey(context, scope);
    return { category, scopeId: scope.scopeId, epoch: scope.epoch };
  } catch (error) {
    if (EmrError.is(error, 'SCOPE_NOT_FOUND')) return null;
    throw error;
  }
}

/** Throws where the ledger has another key for the caller's own scope than the keyring derives. */
export function assertOwnKey(context: ClientContext, scope: ScopeBody): void {
  if (scope.delegatingKey !== context.keyring.scopeKeyHex(scope.scopeId)) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
  }
}

function signScope(context: ClientContext, scopeId: ScopeId): SignedScope {
  const body: ScopeBody = {
    scopeId,
    patient: context.userId,
    delegatingKey: context.keyring.scopeKeyHex(scopeId),
    publishedAt: context.clock.now(),
  };
  return { body, signature: context.keyring.sign('scope', body) };
}

/** Publishes scopes that the ledger does not have, in one transaction. */
export async function publishScopes(
  context: ClientContext,
  scopeIds: readonly ScopeId[],
  signal: AbortSignal,
): Promise<void> {
  const [first] = scopeIds;
  if (first === undefined) return;
  const scopes = scopeIds.map((scopeId) => signScope(context, scopeId));
  await submitSettled(
    context.ledger,
    'registry:PublishScopes',
    { scopes },
    {
      signal,
      recall: async () => {
        await context.ledger.evaluate('registry:GetScope', { scopeId: first }, { signal });
        return { published: [...scopeIds] };
      },
      missing: 'SCOPE_NOT_FOUND',
    },
  );
}

/** See `Identity.openScopes`. */
export async function openScopes(
  context: ClientContext,
  categories: readonly Category[],
  signal: AbortSignal,
): Promise<readonly ScopeId[]> {
  const current = await Promise.all(
    categories.map(async (category) => ({
      category,
      scope: await ownCurrentScope(context, category, signal),
    })),
  );
  const opened = current.map(({ category, scope }) => ({
    scopeId: scope?.scopeId ?? categoryScopeId(context.userId, category, 0),
    isNew: scope === null,
  }));
  await publishScopes(
    context,
    opened.filter(({ isNew }) => isNew).map(({ scopeId }) => scopeId),
    signal,
  );
  return opened.map(({ scopeId }) => scopeId);
}
