/**
 * How the key of a scope is shared now: as the patient signed it, or as it was handed on to the
 * custodians of a roster. See docs/protocol.md §8.10.
 *
 * @module
 */
import { CryptoError, reshareCommitments, ShareCommitments } from '@emr-share/crypto';
import {
  canonicalJson,
  EmrError,
  thresholdUnder,
  type Audience,
  type AudienceBody,
  type MspId,
  type Roster,
  type ScopeId,
  type Sharing,
  type SharingLink,
} from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { decoding } from '../crypto-failure.js';

/** Who has shares of a scope's key, and what their answers are checked with. */
export interface ScopeSharing {
  /** Of the roster whose custodians have them; `undefined`: those of the grant. */
  readonly roster: number | undefined;
  readonly commitments: ShareCommitments;
}

/** Among whom a sharing is. */
export interface SharedAmong {
  readonly custodians: readonly MspId[];
  readonly threshold: number;
}

const pointsOf = (hex: string): ShareCommitments =>
  decoding('the commitments', () => ShareCommitments.fromBytes(hexToBytes(hex)));

/** The sharing in force of one scope, as one peer has it; `null` where the grant has no shares of it. */
export function sharingOf(audience: Audience, scopeId: ScopeId): ScopeSharing | null {
  const scope = audience.scopes.find(({ body }) => body.scopeId === scopeId);
  if (scope === undefined) return null;
  const handedOn = audience.sharings?.find((sharing) => sharing.scopeId === scopeId);
  const { commitments } = handedOn ?? scope.body;
  const roster = handedOn?.links.at(-1)?.roster ?? scope.body.roster;
  return { roster, commitments: pointsOf(commitments) };
}

/**
 * Among whom the shares are that a roster's custodians have, or those of the grant; as one peer says.
 *
 * @throws EmrError `SIGNATURE_INVALID` where it does not say.
 */
export function sharedAmong({ body, rosters }: Audience, number: number | undefined): SharedAmong {
  if (number === undefined) return body;
  const roster = rosters?.find((one) => one.number === number);
  if (roster === undefined) throw forged();
  return among(roster, body);
}

/** Every organization that has shares of a grant now, as one peer says. */
export function holdersOf(audience: Audience): readonly MspId[] {
  const rosters = audience.scopes.map(({ body }) => sharingOf(audience, body.scopeId)?.roster);
  return [...new Set(rosters.flatMap((roster) => sharedAmong(audience, roster).custodians))];
}

/** Whether a roster has the custodians that a grant asks for. */
export function canKeep(roster: Roster, body: Pick<AudienceBody, 'threshold'>): boolean {
  return thresholdUnder(roster, body) <= roster.custodians.length;
}

/** Who holds a grant's shares under a roster. */
export function among(roster: Roster, body: Pick<AudienceBody, 'threshold'>): SharedAmong {
  return { custodians: roster.custodians, threshold: thresholdUnder(roster, body) };
}

/**
 * Checks that what is in force follows from what the patient signed: each dealing is of the share that
 * it says, so that no other key can have been put in, and an honest custodian's answer verifies. The
 * rosters must be those that a majority of the organizations has.
 *
 * @throws EmrError `SIGNATURE_INVALID` where it does not follow; `ROSTER_NOT_FOUND`,
 *   `ENDORSEMENT_MISMATCH`.
 */
export async function assertHandedOn(
  { directory }: ClientContext,
  audience: Audience,
  signal: AbortSignal,
): Promise<void> {
  const { rosters = [], sharings = [] } = audience;
  for (const roster of rosters) {
    const agreed = await directory.roster(roster.number, signal);
    if (canonicalJson(agreed) !== canonicalJson(roster)) throw forged();
  }
  for (const sharing of sharings) assertFollows(audience, sharing);
}

function assertFollows(audience: Audience, sharing: Sharing): void {
  const scope = audience.scopes.find(({ body }) => body.scopeId === sharing.scopeId);
  if (scope === undefined) throw forged();
  let { roster = 0 } = scope.body;
  let commitments = pointsOf(scope.body.commitments);
  for (const link of sharing.links) {
    const { threshold } = sharedAmong(audience, link.roster);
    commitments = following(commitments, link);
    if (link.roster <= roster || commitments.threshold !== threshold) throw forged();
    ({ roster } = link);
  }
  if (!commitments.equals(pointsOf(sharing.commitments))) throw forged();
}

function following(former: ShareCommitments, { dealings }: SharingLink): ShareCommitments {
  try {
    return reshareCommitments(
      former,
      dealings.map(({ index, commitments }) => ({
        dealer: index,
        commitments: pointsOf(commitments),
      })),
    );
  } catch (cause) {
    throw CryptoError.is(cause) ? forged(cause) : cause;
  }
}

function forged(cause?: Error): EmrError {
  return new EmrError('SIGNATURE_INVALID', { what: 'sharing of the audience grant' }, { cause });
}
