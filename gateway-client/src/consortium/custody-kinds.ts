/**
 * What organizations keep sealed to their custodian keys, and how each kind goes over to a new one.
 *
 * @module
 */
import type { FragmentRef, KeyGeneration, RecoveryPlanId, ShareRef } from '@emr-share/model';
import type { Page } from '../pages.js';
import type { Ledger } from '../ports/ledger.js';

/** One thing that an organization keeps: a fragment of a grant, or a share of an audience or a plan. */
export type SecretRef = FragmentRef | ShareRef | { readonly planId: RecoveryPlanId };

/** Whose custody, at the organization's own peer, and the generation to go over to. */
export interface Custody {
  readonly ledger: Ledger;
  readonly generation: KeyGeneration;
  readonly signal: AbortSignal;
}

/** A page of what is sealed to an earlier key, and what the peer knows of the key's retirement. */
export interface OutdatedPage extends Page<SecretRef> {
  readonly acceptedFrom: KeyGeneration;
}

/** What became of a batch. */
export interface Resealed {
  readonly resealed: number;
  /** Opened with no key that is held. */
  readonly unreadable: readonly SecretRef[];
}

/** A kind of secret in an organization's custody. */
export interface CustodyKind {
  outdated(custody: Custody, bookmark: string | undefined): Promise<OutdatedPage>;
  /** Seals what {@link outdated} named to the key of the generation; one transaction. */
  reseal(custody: Custody, refs: readonly SecretRef[]): Promise<Resealed>;
}

const fragments: CustodyKind = {
  async outdated({ ledger, generation, signal }, bookmark) {
    const { mspId } = ledger;
    const request = { mspId, generation, bookmark };
    const options = { organizations: [mspId], signal };
    const page = await ledger.evaluate('grants:ListOutdatedFragments', request, options);
    return { ...page, items: page.fragments };
  },
  async reseal({ ledger, generation, signal }, refs) {
    const { mspId } = ledger;
    const named = refs.filter((ref): ref is FragmentRef => 'grantId' in ref);
    const request = { mspId, generation, fragments: named };
    const options = { organizations: [mspId], signal };
    const { response } = await ledger.submit('grants:ResealFragments', request, options);
    return { resealed: response.resealed.length, unreadable: response.unreadable };
  },
};

const audienceShares: CustodyKind = {
  async outdated({ ledger, generation, signal }, bookmark) {
    const { mspId } = ledger;
    const request = { mspId, generation, bookmark };
    const options = { organizations: [mspId], signal };
    const page = await ledger.evaluate('audience:ListOutdatedShares', request, options);
    return { ...page, items: page.shares };
  },
  async reseal({ ledger, generation, signal }, refs) {
    const { mspId } = ledger;
    const named = refs.filter((ref): ref is ShareRef => 'audienceId' in ref);
    const request = { mspId, generation, shares: named };
    const options = { organizations: [mspId], signal };
    const { response } = await ledger.submit('audience:ResealShares', request, options);
    return { resealed: response.resealed.length, unreadable: response.unreadable };
  },
};

const recoveryShares: CustodyKind = {
  async outdated({ ledger, generation, signal }, bookmark) {
    const { mspId } = ledger;
    const request = { mspId, generation, bookmark };
    const options = { organizations: [mspId], signal };
    const page = await ledger.evaluate('recovery:ListOutdatedShares', request, options);
    return { ...page, items: page.shares.map((planId) => ({ planId })) };
  },
  async reseal({ ledger, generation, signal }, refs) {
    const { mspId } = ledger;
    const shares = refs.flatMap((ref) => ('planId' in ref ? [ref.planId] : []));
    const request = { mspId, generation, shares };
    const options = { organizations: [mspId], signal };
    const { response } = await ledger.submit('recovery:ResealShares', request, options);
    const unreadable = response.unreadable.map((planId) => ({ planId }));
    return { resealed: response.resealed.length, unreadable };
  },
};

/** Every kind that there is. */
export const CUSTODY_KINDS: readonly CustodyKind[] = [fragments, audienceShares, recoveryShares];
