/**
 * Going over to a new custodian key: what an organization keeps that is live is opened with the old
 * one and sealed to the new one. What nobody may use any more is not, and ends with the old key.
 *
 * @module
 */
import { EmrError, type Custodian, type KeyGeneration, type MspId } from '@emr-share/model';
import {
  assertHandedIn,
  checkDeposited,
  openStored,
  reseal,
  type CustodyTerms,
} from '../custody-terms.js';
import { assertAccepted, assertAdminOf, assertOwnOrganization, custodianOf } from '../facts.js';
import type { Invocation } from '../invocation.js';
import type { FactKey } from '../ledger-keys.js';
import { readSealed } from '../sealed-secret.js';
import { isMissing } from '../sealed-store.js';
import { bytesOf } from '../signed-facts.js';
import type { PageRequest } from '../world-state.js';

/** One kind of secret that custodians keep. `V`: what the patient signed of them; `R`: their name. */
export interface CustodyKind<V, R> {
  /** All that were ever signed, whoever keeps them. */
  readonly range: FactKey<V>;
  readonly refsOf: (signed: V, invocation: Invocation) => readonly R[] | Promise<readonly R[]>;
  /** What the patient signed of a secret that is live; `null` where there is no such thing. */
  readonly liveTerms: (invocation: Invocation, ref: R) => Promise<CustodyTerms | null>;
}

/** Secrets to seal anew. */
export interface Resealing<R> {
  readonly mspId: MspId;
  readonly generation: KeyGeneration;
  readonly refs: readonly R[];
}

/** A page of what is to be sealed anew. */
export interface Outdated<R> {
  /** Oldest generation that may still be named, as this peer knows. */
  readonly acceptedFrom: KeyGeneration;
  readonly refs: R[];
  /** `{}` on the last page. */
  readonly next: { readonly bookmark?: string };
}

/** What became of them. */
export interface Resealed<R> {
  readonly resealed: R[];
  readonly unreadable: R[];
}

/** What a patient hands in for one organization. */
export interface HandedIn {
  /** Hex. */
  readonly sealed: string;
  readonly terms: CustodyTerms;
  /** Whether the ledger refers to it already. */
  readonly isKept: boolean;
}

/**
 * Checks what a patient hands in, and keeps it.
 *
 * @throws EmrError as {@link checkDeposited}; `CUSTODIAN_STALE` for a key that is not accepted any more.
 */
export async function takeIn(
  { service, sealed: store }: Invocation,
  custodian: Custodian,
  { sealed, terms, isKept }: HandedIn,
): Promise<void> {
  const bytes = bytesOf(sealed);
  assertHandedIn(bytes, terms);
  // What the ledger refers to may have been sealed anew since: a repeat must not put it back.
  if (isKept) return;
  assertAccepted(custodian, terms.commitment.generation);
  checkDeposited(bytes, terms, service.custodians);
  await store.put(terms.place, bytes);
}

/** @throws EmrError `INPUT_INVALID` for another organization, `ROLE_DENIED`. */
function assertOwnCustody({ caller, service }: Invocation, mspId: MspId): void {
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'see to the custody');
}

/**
 * A page of the live secrets of this organization that are sealed to a key before `generation`.
 *
 * @throws EmrError `INPUT_INVALID` for another organization, `ROLE_DENIED`.
 */
export async function listOutdated<V, R>(
  invocation: Invocation,
  request: PageRequest & { readonly mspId: MspId; readonly generation: KeyGeneration },
  { range, refsOf, liveTerms }: CustodyKind<V, R>,
): Promise<Outdated<R>> {
  const { state } = invocation;
  const { mspId, generation } = request;
  assertOwnCustody(invocation, mspId);
  const { acceptedFrom } = await custodianOf(state, mspId);
  const { entries, bookmark } = await state.page(range, request);
  const refs: R[] = [];
  for (const { value } of entries) {
    for (const ref of await refsOf(value, invocation)) {
      const terms = await liveTerms(invocation, ref);
      if (terms !== null && (await isOutdated(invocation, terms, generation))) refs.push(ref);
    }
  }
  return { acceptedFrom, refs, next: bookmark === undefined ? {} : { bookmark } };
}

/**
 * Writes private data of this organization only. What it reads is guarded as in any transaction: a
 * secret that is purged, or a grant that has ended, before this is ordered, stays so. What was lost is
 * unreadable, too, and purged: its hash alone would look as if the organization had it.
 *
 * @throws EmrError `INPUT_INVALID` for another organization, `ROLE_DENIED`; `CUSTODIAN_STALE` where
 *   the key of the generation is not held.
 */
export async function resealEach<R>(
  invocation: Invocation,
  { mspId, generation, refs }: Resealing<R>,
  liveTerms: CustodyKind<never, R>['liveTerms'],
): Promise<Resealed<R>> {
  const { service, sealed } = invocation;
  assertOwnCustody(invocation, mspId);
  const key = service.custodians.of(generation);
  if (key === undefined) {
    const newest = service.custodians.generations.at(-1) ?? 0;
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: newest });
  }
  const answer: Resealed<R> = { resealed: [], unreadable: [] };
  for (const ref of refs) {
    const terms = await liveTerms(invocation, ref);
    if (terms === null) continue;
    try {
      const stored = await outdated(invocation, terms, generation);
      if (stored === null) continue;
      const opened = openStored(stored, terms, service.custodians);
      await sealed.put(terms.place, reseal(opened, terms, generation, key));
      answer.resealed.push(ref);
    } catch (error) {
      const lost = isLost(error, invocation, generation);
      if (!lost && !isUnreadable(error)) throw error;
      if (lost) await sealed.purge(terms.place);
      answer.unreadable.push(ref);
    }
  }
  return answer;
}

/** By the public hash where that is enough: the value may not have reached this peer yet. */
async function isOutdated(
  invocation: Invocation,
  terms: CustodyTerms,
  generation: KeyGeneration,
): Promise<boolean> {
  const { place, commitment } = terms;
  const hash = await invocation.sealed.sha256Of(place);
  if (hash === null) return false;
  if (hash === commitment.sealedSha256) return commitment.generation < generation;
  try {
    return (await outdated(invocation, terms, generation)) !== null;
  } catch (error) {
    if (isLost(error, invocation, generation)) return true;
    throw error;
  }
}

/**
 * Whether what this peer lacks is lost for good: no key is held that could open it if it arrived. While
 * one is, it may be on its way from the organization's other peer.
 */
function isLost(error: unknown, { service }: Invocation, generation: KeyGeneration): boolean {
  return isMissing(error) && service.custodians.generations.every((held) => held >= generation);
}

/** What rests there, where it is sealed to an earlier key or to none that is held. */
async function outdated(
  { sealed: store, service }: Invocation,
  { place, commitment }: CustodyTerms,
  generation: KeyGeneration,
): Promise<Uint8Array | null> {
  const stored = await store.get(place);
  if (stored === null) return null;
  const sealed = readSealed(stored, place, commitment);
  const isCurrent =
    sealed !== null &&
    sealed.generation >= generation &&
    service.custodians.of(sealed.generation) !== undefined;
  return isCurrent ? null : stored;
}

function isUnreadable(error: unknown): boolean {
  const codes = [
    'FRAGMENT_INVALID',
    'SHARE_INVALID',
    'DEALING_INVALID',
    'RECOVERY_SHARE_INVALID',
    'CUSTODIAN_STALE',
  ] as const;
  return codes.some((code) => EmrError.is(error, code));
}
