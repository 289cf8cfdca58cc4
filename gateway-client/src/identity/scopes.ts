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

/** One of the caller's scopes, and the key that is published for it: it tells which seed it is under. */
export interface OwnScope {
  readonly scopeId: ScopeId;
  readonly delegatingKey: string;
}

/** The current epoch of a category, or of what is sealed. */
export interface CurrentScope extends OwnScope {
  readonly group: ScopeGroup;
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
    const { scopeId, delegatingKey, epoch } = scope;
    return { group, scopeId, delegatingKey, epoch };
  } catch (error) {
    if (EmrError.is(error, 'SCOPE_NOT_FOUND')) return null;
    throw error;
  }
}

/** Throws where the ledger has another key for the caller's own scope than the keyring derives. */
export function assertOwnKey(context: ClientContext, scope: ScopeBody): void {
  if (!context.keyring.derivesScope(scope.scopeId, scope.delegatingKey)) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
  }
}

/**
 * Published scopes of the caller, with the keys that they are published with. The ledger is asked only
 * where the keyring has had more than one seed.
 *
 * @throws EmrError `SCOPE_NOT_FOUND`; `SIGNATURE_INVALID` where no seed derives one of the keys.
 */
export async function ownScopes(
  context: ClientContext,
  scopeIds: readonly ScopeId[],
  signal: AbortSignal,
): Promise<readonly OwnScope[]> {
  const { keyring, directory } = context;
  if (keyring.number === 0) {
    return scopeIds.map((scopeId) => ({ scopeId, delegatingKey: keyring.scopeKeyHex(scopeId) }));
  }
  return Promise.all(
    scopeIds.map(async (scopeId) => {
      const scope = await directory.findScope(scopeId, signal);
      if (scope === null) throw new EmrError('SCOPE_NOT_FOUND', { scopeId });
      assertOwnKey(context, scope);
      return scope;
    }),
  );
}

/** Signs the delegating key that a keyring's newest seed gives a scope. */
export function signScope(
  { keyring, clock, userId: patient }: Pick<ClientContext, 'keyring' | 'clock' | 'userId'>,
  scopeId: ScopeId,
): SignedScope {
  const delegatingKey = keyring.scopeKeyHex(scopeId);
  const body: ScopeBody = { scopeId, patient, delegatingKey, publishedAt: clock.now() };
  return { body, signature: keyring.sign('scope', body) };
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
