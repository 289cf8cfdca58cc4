/**
 * Rosters: proposed and supported by the organizations' admins, in force by a majority of them.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  type MspId,
  type RosterNumber,
  type RosterSupport,
  type RosterTerms,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertRole, custodianOf, sameFact } from '../facts.js';
import type { Rule } from '../invocation.js';
import {
  custodians,
  rosterHeadKey,
  rosterKey,
  rosterVoteKey,
  rosterVotes,
} from '../ledger-keys.js';
import { rosterInForce, rosterNumbered } from '../rosters.js';
import type { WorldState } from '../world-state.js';
import { isMajority } from './grant-terms.js';

/** What one organization supports. */
interface Vote {
  readonly mspId: MspId;
  readonly terms: RosterTerms;
}

export const supportRoster: Rule<'custody:SupportRoster'> = async (invocation, terms) => {
  const { caller, state, now } = invocation;
  const { number } = terms;
  const { mspId } = caller;
  assertRole(caller.role, ['admin'], 'support a roster of custodians');
  await custodianOf(state, mspId);
  const current = await rosterInForce(state);
  const votes = await votesOn(state, number);
  if (current !== null && number <= current.number) {
    const { adoptedAt: _adoptedAt, ...adopted } = await rosterNumbered(state, number);
    if (sameFact(adopted, terms)) return supportOf(terms, votes, await needed(state), number);
  }
  const reached = current?.number ?? 0;
  if (number !== reached + 1) throw new EmrError('ROSTER_STALE', { number: reached });
  await assertTerms(state, terms);

  const own = votes.find((vote) => vote.mspId === mspId);
  const others = votes.filter((vote) => vote !== own);
  const all = [...others, { mspId, terms }].sort((a, b) => (a.mspId < b.mspId ? -1 : 1));
  const support = supportOf(terms, all, await needed(state), reached);
  if (own !== undefined && sameFact(own.terms, terms)) return support;
  await state.put(rosterVoteKey(number, mspId), terms);
  if (support.supporters.length < support.needed) {
    await writeAudit(invocation, { type: 'roster.supported' });
    return support;
  }
  await state.put(rosterKey(number), { ...terms, adoptedAt: now });
  await state.put(rosterHeadKey(), { number });
  await writeAudit(invocation, { type: 'roster.adopted' });
  return { ...support, adopted: true };
};

export const getRoster: Rule<'custody:GetRoster'> = async ({ state }, { number }) => {
  if (number !== undefined) return rosterNumbered(state, number);
  const current = await rosterInForce(state);
  if (current === null) throw new EmrError('ROSTER_NOT_FOUND', { number: 1 });
  return current;
};

export const listRosters: Rule<'custody:ListRosters'> = async ({ state }) => {
  const inForce = await rosterInForce(state);
  const reached = inForce?.number ?? 0;
  const votes = await votesOn(state, reached + 1);
  const least = await needed(state);
  const different = new Map(votes.map(({ terms }) => [canonicalJson(terms), terms]));
  const supported = Array.from(different.values(), (terms) =>
    supportOf(terms, votes, least, reached),
  );
  return inForce === null ? { supported } : { inForce, supported };
};

/** @throws EmrError `ROSTER_REFUSED`, `CUSTODIAN_NOT_FOUND`. */
async function assertTerms(
  state: WorldState,
  { number, custodians: named, threshold }: RosterTerms,
): Promise<void> {
  const refuse = (problem: string): never => {
    throw new EmrError('ROSTER_REFUSED', { number, problem });
  };
  if (!isMajority(threshold, named.length))
    refuse('the threshold is no majority of the custodians');
  if (threshold > named.length) refuse('the threshold is more than there are custodians');
  for (const mspId of named) await custodianOf(state, mspId);
}

/** In the order of the organizations. Reads a range, so that of two votes at once one is made again. */
async function votesOn(state: WorldState, number: RosterNumber): Promise<readonly Vote[]> {
  const entries = await state.list(rosterVotes(number));
  return entries.map(({ parts, value }) => ({ mspId: parts.at(-1) ?? '', terms: value }));
}

/** A majority of the organizations that have a custodian key. */
async function needed(state: WorldState): Promise<number> {
  return Math.floor((await state.list(custodians())).length / 2) + 1;
}

function supportOf(
  terms: RosterTerms,
  votes: readonly Vote[],
  least: number,
  reached: number,
): RosterSupport {
  const supporters = votes.filter((vote) => sameFact(vote.terms, terms)).map(({ mspId }) => mspId);
  return { roster: terms, supporters, needed: least, adopted: terms.number <= reached };
}
