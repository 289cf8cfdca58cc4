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
  type SignedAudienceScope,
  type UnixMillis,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import { audienceKey, audienceScopes, type StoredAudience } from './ledger-keys.js';
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

/** An audience grant with all its scopes. Throws `AUDIENCE_NOT_FOUND`. */
export async function wholeAudience(state: WorldState, audienceId: AudienceId): Promise<Audience> {
  const audience = await storedAudience(state, audienceId);
  return { ...audience, scopes: [...(await audienceScopesOf(state, audienceId))] };
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
