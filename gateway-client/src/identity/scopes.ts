/**
 * Publishing the delegating keys of a patient's scopes: the first epochs, the next ones, and those
 * of single records.
 *
 * @module
 */
import {
  EmrError,
  groupScopeId,
  type ScopeBody,
  type ScopeGroup,
  type ScopeId,
  type SignedScope,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { submitSettled } from '../settle.js';

/** The current epoch of a category, or of what is sealed. */
export interface CurrentScope {
  readonly group: ScopeGroup;
  readonly scopeId: ScopeId;
  readonly epoch: number;
}

/**
 * The caller's own current scope of a category, or of what is sealed; `null` where none is published.
 *
 * @throws EmrError `SIGNATURE_INVALID` where the ledger has another key than this keyring derives.
 */
export async function ownCurrentScope(
  context: ClientContext,
  group: ScopeGroup,
  signal: AbortSignal,
): Promise<CurrentScope | null> {
  try {
    const scope = await context.directory.currentScope(context.userId, group, signal);
    assertOwnKey(context, scope);
    return { group, scopeId: scope.scopeId, epoch: scope.epoch };
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
  groups: readonly ScopeGroup[],
  signal: AbortSignal,
): Promise<readonly ScopeId[]> {
  const current = await Promise.all(
    groups.map(async (group) => ({
      group,
      scope: await ownCurrentScope(context, group, signal),
    })),
  );
  const opened = current.map(({ group, scope }) => ({
    scopeId: scope?.scopeId ?? groupScopeId(context.userId, group, 0),
    isNew: scope === null,
  }));
  await publishScopes(
    context,
    opened.filter(({ isNew }) => isNew).map(({ scopeId }) => scopeId),
    signal,
  );
  return opened.map(({ scopeId }) => scopeId);
}
