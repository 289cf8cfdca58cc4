/**
 * Among whom the key of a scope is shared: the custodians that the patient shared it among, until its
 * shares were handed on to those of a roster. See docs/protocol.md §8.10.
 *
 * @module
 */
import type { KeyShare } from '@emr-share/crypto';
import {
  EmrError,
  thresholdUnder,
  type AudienceBody,
  type AudienceScopeBody,
  type CommitmentsHex,
  type MspId,
  type SharingLink,
} from '@emr-share/model';
import { openStored, type CustodyTerms, type OpenedSecret } from './custody-terms.js';
import type { Invocation } from './invocation.js';
import { sharingKey } from './ledger-keys.js';
import { rosterNumbered } from './rosters.js';
import { newShareTerms, shareTerms } from './shares.js';
import type { WorldState } from './world-state.js';

/** Who has shares, and how many of them it takes. */
export interface SharedAmong {
  /** 0: the custodians of the grant itself. */
  readonly roster: number;
  readonly custodians: readonly MspId[];
  readonly threshold: number;
}

/** How one scope of an audience grant is shared. */
export interface ScopeSharing extends SharedAmong {
  readonly audience: AudienceBody;
  readonly scope: AudienceScopeBody;
  readonly commitments: CommitmentsHex;
  /** From the patient's sharing to this one; none: it is the patient's. */
  readonly links: readonly SharingLink[];
}

/** Among whom the patient shared a scope. Throws `ROSTER_NOT_FOUND`. */
export async function sharedByPatient(
  state: WorldState,
  audience: AudienceBody,
  { roster }: Pick<AudienceScopeBody, 'roster'>,
): Promise<SharedAmong> {
  if (roster !== undefined) return sharedAmong(state, audience, roster);
  const { custodians, threshold } = audience;
  return { roster: 0, custodians, threshold };
}

/** The sharing in force. */
export async function sharingInForce(
  state: WorldState,
  audience: AudienceBody,
  scope: AudienceScopeBody,
): Promise<ScopeSharing> {
  const { audienceId, scopeId, commitments } = scope;
  const handedOn = await state.get(sharingKey(audienceId, scopeId));
  const last = handedOn?.links.at(-1);
  if (handedOn === null || last === undefined) {
    const among = await sharedByPatient(state, audience, scope);
    return { ...among, audience, scope, commitments, links: [] };
  }
  const among = await sharedAmong(state, audience, last.roster);
  const { links } = handedOn;
  return { ...among, audience, scope, commitments: handedOn.commitments, links };
}

/** The terms of one organization's share. Throws `SHARE_MISSING` where it is to have none. */
export function termsOfShare(sharing: ScopeSharing, mspId: MspId): CustodyTerms<KeyShare> {
  const { scope, custodians, commitments, links, roster } = sharing;
  const { audienceId, scopeId } = scope;
  const place = { mspId, audienceId, scopeId };
  if (!custodians.includes(mspId)) throw new EmrError('SHARE_MISSING', place);
  return links.length === 0
    ? shareTerms(place, custodians, scope)
    : newShareTerms({ ...place, roster }, custodians, commitments);
}

/** This organization's own share, opened, and the bytes that it rests in. */
export async function openOwnShare(
  { sealed, service }: Invocation,
  sharing: ScopeSharing,
): Promise<OpenedSecret<KeyShare> & { readonly stored: Uint8Array }> {
  const { mspId } = service;
  const { audienceId, scopeId } = sharing.scope;
  const terms = termsOfShare(sharing, mspId);
  const stored = await sealed.get(terms.place);
  if (stored === null) throw new EmrError('SHARE_MISSING', { mspId, audienceId, scopeId });
  return { stored, ...openStored(stored, terms, service.custodians) };
}

async function sharedAmong(
  state: WorldState,
  audience: AudienceBody,
  number: number,
): Promise<SharedAmong> {
  const roster = await rosterNumbered(state, number);
  const { custodians } = roster;
  return { roster: number, custodians, threshold: thresholdUnder(roster, audience) };
}
