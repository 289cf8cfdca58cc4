/**
 * Rosters: which organizations keep the shares of audience grants from now on, as the consortium
 * decides it. See docs/protocol.md §8.10.
 *
 * @module
 */
import * as v from 'valibot';
import { MAX_CUSTODIANS } from './grant.js';
import { MspId, UnixMillis } from './ids.js';
import { withoutRepeats } from './without-repeats.js';

/** 1, 2, …: grows by one with each roster. Before the first, the custodians are those of each grant. */
export const RosterNumber = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(1),
  v.maxValue(999_999_999),
);
export type RosterNumber = v.InferOutput<typeof RosterNumber>;

const TERMS = {
  number: RosterNumber,
  /** Share `i + 1` is of the `i`-th. */
  custodians: v.pipe(
    v.array(MspId),
    v.minLength(1),
    v.maxLength(MAX_CUSTODIANS),
    withoutRepeats('custodians'),
  ),
  /** How many must answer, at least: a grant that asks for more keeps what it asks for. */
  threshold: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_CUSTODIANS)),
};

/** What organizations agree on. */
export const RosterTerms = v.strictObject(TERMS);
export type RosterTerms = v.InferOutput<typeof RosterTerms>;

/** A roster that a majority of the organizations supports. It never changes. */
export const Roster = v.strictObject({ ...TERMS, adoptedAt: UnixMillis });
export type Roster = v.InferOutput<typeof Roster>;

/** Terms that organizations support, and which. */
export const RosterSupport = v.strictObject({
  roster: RosterTerms,
  supporters: v.array(MspId),
  /** How many organizations have to support it. */
  needed: v.number(),
  adopted: v.boolean(),
});
export type RosterSupport = v.InferOutput<typeof RosterSupport>;

/** How many custodians of a roster must answer for a grant: never fewer than its patient signed. */
export function thresholdUnder(
  roster: Pick<RosterTerms, 'threshold'>,
  grant: { readonly threshold: number },
): number {
  return Math.max(roster.threshold, grant.threshold);
}
