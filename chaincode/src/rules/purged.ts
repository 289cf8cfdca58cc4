/**
 * Whether the secrets of a grant that has ended are gone everywhere: by the hashes that every endorser
 * sees, whoever holds the values. The same for fragments and for shares.
 *
 * @module
 */
import type { MspId, PurgedAt, ScopeId } from '@emr-share/model';
import type { Invocation } from '../invocation.js';
import type { SealedStore, SecretPlace } from '../sealed-store.js';

/** What one organization still holds of a grant, and what it does not hold any more. */
export interface Holding {
  readonly mspId: MspId;
  /** Every secret that is there, also of an extension that was never made. */
  readonly present: ScopeId[];
  /** Of the scopes that the grant opened. */
  readonly purged: ScopeId[];
}

/** Which secrets a grant may have, and which of them it opened records with. */
export interface GrantSecrets {
  readonly custodians: readonly MspId[];
  readonly opened: readonly ScopeId[];
  readonly possible: readonly ScopeId[];
  /** Where an organization may keep the secrets of a scope. */
  readonly placesOf: (mspId: MspId, scopeId: ScopeId) => readonly SecretPlace[];
}

/** One entry for each custodian, in their order. */
export async function holdingsOf(
  { sealed }: Invocation,
  { custodians, opened, possible, placesOf }: GrantSecrets,
): Promise<Holding[]> {
  const holdings: Holding[] = [];
  for (const mspId of custodians) {
    const present: ScopeId[] = [];
    for (const scopeId of possible) {
      if (await holdsAny(sealed, placesOf(mspId, scopeId))) present.push(scopeId);
    }
    const purged = opened.filter((scopeId) => !present.includes(scopeId));
    holdings.push({ mspId, present, purged });
  }
  return holdings;
}

async function holdsAny(sealed: SealedStore, places: readonly SecretPlace[]): Promise<boolean> {
  for (const place of places) {
    if ((await sealed.sha256Of(place)) !== null) return true;
  }
  return false;
}

/**
 * What a receipt says of each custodian.
 *
 * @param refusal - Of the one that still holds something.
 */
export function purgedEverywhere(
  holdings: readonly Holding[],
  refusal: (mspId: MspId) => Error,
): PurgedAt[] {
  const holder = holdings.find(({ present }) => present.length > 0);
  if (holder !== undefined) throw refusal(holder.mspId);
  return holdings.map(({ mspId, purged }) => ({ mspId, scopes: purged }));
}
