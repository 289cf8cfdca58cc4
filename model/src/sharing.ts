/**
 * How the key of a scope is shared once its shares have been handed on: from the commitments that the
 * patient signed to those in force, link by link, so that anybody can check it. See docs/protocol.md
 * §8.10.
 *
 * @module
 */
import * as v from 'valibot';
import { AudienceId, CommitmentsHex, CustodianShares } from './audience-parts.js';
import { MAX_CUSTODIANS } from './grant.js';
import { MspId } from './ids.js';
import { RosterNumber } from './roster.js';
import { ScopeId } from './scope.js';

/** Public half of what one custodian deals out of its own share, to the custodians of a roster. */
export const Dealing = v.strictObject({
  audienceId: AudienceId,
  scopeId: ScopeId,
  /** For whose custodians it is. */
  roster: RosterNumber,
  /** The custodian whose share it is. */
  dealer: MspId,
  /** To the polynomial that shares it; the first point is the public key of the dealer's share. */
  commitments: CommitmentsHex,
  /** SHA-256 of each custodian's sealed part, and the generation of the key that it is sealed to. */
  shares: CustodianShares,
});
export type Dealing = v.InferOutput<typeof Dealing>;

/** One handing on: the dealings that all new custodians use. */
export const SharingLink = v.strictObject({
  roster: RosterNumber,
  dealings: v.pipe(
    v.array(
      v.strictObject({
        /** Of the dealer's share in the sharing before. */
        index: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_CUSTODIANS)),
        commitments: CommitmentsHex,
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_CUSTODIANS),
  ),
});
export type SharingLink = v.InferOutput<typeof SharingLink>;

/** The sharing of one scope that is in force, where it is no longer the one that the patient made. */
export const Sharing = v.strictObject({
  scopeId: ScopeId,
  /** Oldest first. The custodians are those of the last one's roster. */
  links: v.pipe(v.array(SharingLink), v.minLength(1)),
  /** What follows from the patient's commitments and the links. */
  commitments: CommitmentsHex,
});
export type Sharing = v.InferOutput<typeof Sharing>;
