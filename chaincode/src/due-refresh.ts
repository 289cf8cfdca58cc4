/**
 * Scopes whose shares are to be handed on to the custodians of the roster in force.
 *
 * @module
 */
import { thresholdUnder, type MspId, type Roster, type SharedScopeRef } from '@emr-share/model';
import { isAudienceInForce } from './audiences.js';
import type { Invocation } from './invocation.js';
import { audienceKey, audienceScopeKey } from './ledger-keys.js';
import { canKeep, rosterNumbered } from './rosters.js';
import type { DealtPlace, NewSharePlace, SharePlace } from './sealed-store.js';
import { sharingInForce, type ScopeSharing } from './sharings.js';
import type { WorldState } from './world-state.js';

/** A scope of an audience grant in force that is still shared as it was before the roster. */
export interface DueRefresh {
  readonly ref: SharedScopeRef;
  /** The sharing in force. */
  readonly former: ScopeSharing;
  readonly roster: Roster;
  /** Of the sharing to come. */
  readonly threshold: number;
}

/** The sharing in force of a scope of an audience grant in force; `null` where there is none. */
export async function liveSharing(
  invocation: Invocation,
  { audienceId, scopeId }: SharedScopeRef,
): Promise<ScopeSharing | null> {
  const { state } = invocation;
  const audience = await state.get(audienceKey(audienceId));
  if (audience === null || !isAudienceInForce(audience, invocation)) return null;
  const scope = await state.get(audienceScopeKey(audienceId, scopeId));
  return scope === null ? null : sharingInForce(state, audience.body, scope.body);
}

/** `null` where there is nothing to hand on: it is done, or the grant has ended, or asks for more. */
export async function dueRefresh(
  invocation: Invocation,
  roster: Roster,
  { audienceId, scopeId }: SharedScopeRef,
): Promise<DueRefresh | null> {
  const ref = { audienceId, scopeId };
  const former = await liveSharing(invocation, ref);
  if (former === null || former.roster >= roster.number || !canKeep(roster, former.audience)) {
    return null;
  }
  return { ref, former, roster, threshold: thresholdUnder(roster, former.audience) };
}

/** Each of the scopes that is due, in their order. */
export async function eachDue(
  invocation: Invocation,
  roster: Roster,
  refs: readonly SharedScopeRef[],
): Promise<readonly DueRefresh[]> {
  const due: DueRefresh[] = [];
  for (const ref of refs) {
    const one = await dueRefresh(invocation, roster, ref);
    if (one !== null) due.push(one);
  }
  return due;
}

/** Everybody who was a custodian by the grant or by one of the rosters up to a number. */
export async function everyCustodian(
  state: WorldState,
  custodians: readonly MspId[],
  reached: number,
): Promise<readonly MspId[]> {
  const all = new Set(custodians);
  for (let number = 1; number <= reached; number++) {
    for (const mspId of (await rosterNumbered(state, number)).custodians) all.add(mspId);
  }
  return [...all];
}

/** All places in which an organization may have something of a scope's sharings up to a roster. */
export function placesOf(
  mspId: MspId,
  { audienceId, scopeId }: SharedScopeRef,
  { dealers, reached }: { readonly dealers: readonly MspId[]; readonly reached: number },
): readonly (SharePlace | NewSharePlace | DealtPlace)[] {
  const own = { mspId, audienceId, scopeId };
  return [
    own,
    ...Array.from({ length: reached }, (_, i) => ({ ...own, roster: i + 1 })).flatMap((place) => [
      place,
      ...dealers.map((dealer) => ({ ...place, dealer })),
    ]),
  ];
}
