/**
 * Rosters of custodians as they stand in the state.
 *
 * @module
 */
import {
  EmrError,
  thresholdUnder,
  type AudienceBody,
  type MspId,
  type Roster,
  type RosterNumber,
} from '@emr-share/model';
import { rosterHeadKey, rosterKey } from './ledger-keys.js';
import type { WorldState } from './world-state.js';

/** The roster in force; `null` before the first. */
export async function rosterInForce(state: WorldState): Promise<Roster | null> {
  const head = await state.get(rosterHeadKey());
  return head === null ? null : rosterNumbered(state, head.number);
}

/** @throws EmrError `ROSTER_NOT_FOUND`. */
export async function rosterNumbered(state: WorldState, number: RosterNumber): Promise<Roster> {
  const roster = await state.get(rosterKey(number));
  if (roster === null) throw new EmrError('ROSTER_NOT_FOUND', { number });
  return roster;
}

/**
 * The roster in force, which must be the one of that number.
 *
 * @throws EmrError `ROSTER_STALE`; `ROSTER_NOT_FOUND` where there is none yet.
 */
export async function assertInForce(state: WorldState, number: RosterNumber): Promise<Roster> {
  const roster = await rosterInForce(state);
  if (roster === null) throw new EmrError('ROSTER_NOT_FOUND', { number });
  if (roster.number !== number) throw new EmrError('ROSTER_STALE', { number: roster.number });
  return roster;
}

/** Whether a roster has the custodians that a grant asks for: the patient's threshold is a promise. */
export function canKeep(roster: Roster, audience: AudienceBody): boolean {
  return thresholdUnder(roster, audience) <= roster.custodians.length;
}

/** The organizations that stand for an audience grant now: whose people approve, and keep its words. */
export async function custodiansInCharge(
  state: WorldState,
  audience: AudienceBody,
): Promise<readonly MspId[]> {
  const roster = await rosterInForce(state);
  return roster !== null && canKeep(roster, audience) ? roster.custodians : audience.custodians;
}
