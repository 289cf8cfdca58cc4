/**
 * Grants as they stand in the state: a body with its status, and scopes under keys of their own.
 *
 * @module
 */
import {
  EmrError,
  scopeNeeded,
  type Grant,
  type GrantId,
  type ScopeId,
  type SignedGrantScope,
  type TransactionRecord,
  type UnixMillis,
  type UserId,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import { grantKey, grantScopeKey, grantScopes, grantsTo, type StoredGrant } from './ledger-keys.js';
import type { WorldState } from './world-state.js';

/** @throws EmrError `GRANT_NOT_FOUND`. */
export async function storedGrant(state: WorldState, grantId: GrantId): Promise<StoredGrant> {
  const grant = await state.get(grantKey(grantId));
  if (grant === null) throw new EmrError('GRANT_NOT_FOUND', { grantId });
  return grant;
}

/** The scopes of a grant, in the order of their IDs. Reads a range. */
export async function scopesOf(
  state: WorldState,
  grantId: GrantId,
): Promise<readonly SignedGrantScope[]> {
  return (await state.list(grantScopes(grantId))).map(({ value }) => value);
}

/** A grant with all its scopes. Throws `GRANT_NOT_FOUND`. */
export async function wholeGrant(state: WorldState, grantId: GrantId): Promise<Grant> {
  const grant = await storedGrant(state, grantId);
  return { ...grant, scopes: [...(await scopesOf(state, grantId))] };
}

/**
 * A grant with the one scope that could open a record, if it has it: all that a decision looks at,
 * by two key reads and no range.
 *
 * @throws EmrError `GRANT_NOT_FOUND`.
 */
export async function grantFor(
  state: WorldState,
  grantId: GrantId,
  record: TransactionRecord,
): Promise<Grant> {
  const grant = await storedGrant(state, grantId);
  const scopeId = scopeNeeded(grant.body.coverage, record);
  const scope = await state.get(grantScopeKey(grantId, scopeId));
  return { ...grant, scopes: scope === null ? [] : [scope] };
}

/** All grants that one patient gave one grantee, in any state, in the order of their IDs. */
export async function grantsGivenTo(
  state: WorldState,
  grantee: UserId,
  patient: UserId,
): Promise<readonly Grant[]> {
  const entries = await state.list(grantsTo(grantee, patient));
  return Promise.all(entries.map(({ parts: [, , grantId = ''] }) => wholeGrant(state, grantId)));
}

/** @throws EmrError `GRANT_REVOKED`, `GRANT_EXPIRED`. */
export function assertInForce({ body, status }: StoredGrant, now: UnixMillis): void {
  const { grantId, rule } = body;
  if (status.state === 'revoked') {
    throw new EmrError('GRANT_REVOKED', { grantId, revokedAt: status.revokedAt });
  }
  if (now >= rule.notAfter) {
    throw new EmrError('GRANT_EXPIRED', { grantId, notAfter: rule.notAfter });
  }
}

/** Expired counts as ended. A custodian's clock decides with the transaction's: the earlier holds. */
export function isInForce(
  { body, status }: StoredGrant,
  { now, service }: Pick<Invocation, 'now' | 'service'>,
): boolean {
  return status.state === 'active' && Math.min(now, service.clock.now()) < body.rule.notAfter;
}

/** Scopes in the order in which the state lists them, so that first and repeated answers agree. */
export function inOrder<S extends { readonly body: { readonly scopeId: ScopeId } }>(
  scopes: readonly S[],
): S[] {
  return [...scopes].sort((a, b) => (a.body.scopeId < b.body.scopeId ? -1 : 1));
}
