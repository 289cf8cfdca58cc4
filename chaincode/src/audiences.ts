/**
 * Audience grants as they stand in the state: a body with its status, and scopes under keys of their
 * own.
 *
 * @module
 */
import {
  EmrError,
  type Audience,
  type AudienceId,
  type Roster,
  type SignedAudienceScope,
  type UnixMillis,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import { audienceKey, audienceScopes, sharings, type StoredAudience } from './ledger-keys.js';
import { rosterNumbered } from './rosters.js';
import type { WorldState } from './world-state.js';

/** @throws EmrError `AUDIENCE_NOT_FOUND`. */
export async function storedAudience(
  state: WorldState,
  audienceId: AudienceId,
): Promise<StoredAudience> {
  const audience = await state.get(audienceKey(audienceId));
  if (audience === null) throw new EmrError('AUDIENCE_NOT_FOUND', { audienceId });
  return audience;
}

/** The scopes of an audience grant, in the order of their IDs. Reads a range. */
export async function audienceScopesOf(
  state: WorldState,
  audienceId: AudienceId,
): Promise<readonly SignedAudienceScope[]> {
  return (await state.list(audienceScopes(audienceId))).map(({ value }) => value);
}

/** An audience grant with all its scopes, as they are shared. Throws `AUDIENCE_NOT_FOUND`. */
export async function wholeAudience(state: WorldState, audienceId: AudienceId): Promise<Audience> {
  const audience = await storedAudience(state, audienceId);
  return withScopes(state, audience, await audienceScopesOf(state, audienceId));
}

/** An audience grant with these scopes, as they are shared. Reads a range. */
export async function withScopes(
  state: WorldState,
  audience: StoredAudience,
  scopes: readonly SignedAudienceScope[],
): Promise<Audience> {
  const entries = await state.list(sharings(audience.body.audienceId));
  const handedOn = entries.map(({ value }) => value);
  const numbers = new Set([
    ...scopes.flatMap(({ body }) => body.roster ?? []),
    ...handedOn.flatMap(({ links }) => links.map((link) => link.roster)),
  ]);
  const rosters: Roster[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    rosters.push(await rosterNumbered(state, number));
  }
  return {
    ...audience,
    scopes: [...scopes],
    ...(handedOn.length === 0 ? {} : { sharings: handedOn }),
    ...(rosters.length === 0 ? {} : { rosters }),
  };
}

/** @throws EmrError `AUDIENCE_ENDED`, also where it has run out. */
export function assertAudienceInForce({ body, status }: StoredAudience, now: UnixMillis): void {
  const { audienceId, rule } = body;
  const endedAt = status.state === 'ended' ? status.endedAt : rule.notAfter;
  if (status.state === 'active' && now < endedAt) return;
  throw new EmrError('AUDIENCE_ENDED', { audienceId, endedAt });
}

/** Run out counts as ended. A custodian's clock decides with the transaction's: the earlier holds. */
export function isAudienceInForce(
  { body, status }: StoredAudience,
  { now, service }: Pick<Invocation, 'now' | 'service'>,
): boolean {
  return status.state === 'active' && Math.min(now, service.clock.now()) < body.rule.notAfter;
}

/** @throws EmrError `AUDIENCE_REFUSED`. */
export function refuseAudience(audienceId: AudienceId, problem: string): never {
  throw new EmrError('AUDIENCE_REFUSED', { audienceId, problem });
}
