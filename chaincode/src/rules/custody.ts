/**
 * Going over to a new custodian key: what an organization keeps that is live is opened with the old
 * one and sealed to the new one. What nobody may use any more is not, and ends with the old key.
 *
 * @module
 */
import { EmrError, type KeyGeneration, type MspId } from '@emr-share/model';
import { openStored, reseal, type CustodyTerms } from '../custody-terms.js';
import { assertAdminOf, assertOwnOrganization } from '../facts.js';
import type { Invocation } from '../invocation.js';
import { readSealed } from '../sealed-secret.js';

/** Secrets to seal anew. */
export interface Resealing<R> {
  readonly mspId: MspId;
  readonly generation: KeyGeneration;
  readonly refs: readonly R[];
  /** What the patient signed of a secret that is live; `null` where there is no such thing. */
  readonly liveTerms: (ref: R) => Promise<CustodyTerms | null>;
}

/** What became of them. */
export interface Resealed<R> {
  readonly resealed: R[];
  readonly unreadable: R[];
}

/** @throws EmrError `INPUT_INVALID` for another organization, `ROLE_DENIED`. */
export function assertOwnCustody({ caller, service }: Invocation, mspId: MspId): void {
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'see to the custody');
}

/**
 * Writes private data of this organization only. What it reads is guarded as in any transaction: a
 * secret that is purged, or a grant that has ended, before this is ordered, stays so.
 *
 * @throws EmrError `CUSTODIAN_STALE` where the key of the generation is not held.
 */
export async function resealEach<R>(
  invocation: Invocation,
  { mspId, generation, refs, liveTerms }: Resealing<R>,
): Promise<Resealed<R>> {
  const { service, sealed } = invocation;
  const key = service.custodians.of(generation);
  if (key === undefined) {
    const newest = service.custodians.generations.at(-1) ?? 0;
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: newest });
  }
  const answer: Resealed<R> = { resealed: [], unreadable: [] };
  for (const ref of refs) {
    const terms = await liveTerms(ref);
    const stored = terms === null ? null : await outdated(invocation, terms, generation);
    if (terms === null || stored === null) continue;
    try {
      const opened = openStored(stored, terms, service.custodians);
      await sealed.put(terms.place, reseal(opened, terms, generation, key));
      answer.resealed.push(ref);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      answer.unreadable.push(ref);
    }
  }
  return answer;
}

/** By the public hash where that is enough: the value may not have reached this peer yet. */
export async function isOutdated(
  invocation: Invocation,
  terms: CustodyTerms,
  generation: KeyGeneration,
): Promise<boolean> {
  const { place, commitment } = terms;
  const hash = await invocation.sealed.sha256Of(place);
  if (hash === null) return false;
  if (hash === commitment.sealedSha256) return commitment.generation < generation;
  return (await outdated(invocation, terms, generation)) !== null;
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
    'RECOVERY_SHARE_INVALID',
    'CUSTODIAN_STALE',
  ] as const;
  return codes.some((code) => EmrError.is(error, code));
}
