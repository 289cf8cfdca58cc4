/**
 * What a custodian may do with a secret that a patient sealed to it: check it when it is handed in,
 * open it, and seal it to another key of its own. The same for fragments and for shares.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import { EmrError, type KeyGeneration } from '@emr-share/model';
import type { CustodianKey, CustodianKeys } from './contract-service.js';
import { sha256Hex } from './hash.js';
import {
  originalContext,
  readSealed,
  resealedContext,
  writeResealed,
  type SealedSecret,
  type SecretCommitment,
} from './sealed-secret.js';
import type { SecretPlace } from './sealed-store.js';

/** What was in a box. */
interface Secret {
  toBytes(): Uint8Array;
}

/** What the patient signed of one organization's secret, and how to check what is in its box. */
export interface CustodyTerms<T extends Secret = Secret> {
  readonly place: SecretPlace;
  readonly commitment: SecretCommitment;
  /**
   * Checks the opened bytes.
   *
   * @throws EmrError from {@link secretRefusal}.
   */
  readonly admit: (bytes: Uint8Array) => T;
}

/** A secret that was opened, and the key that opened it. */
export interface OpenedSecret<T extends Secret> {
  readonly secret: T;
  readonly custodian: CustodianKey;
}

/**
 * Checks what a patient hands in: that it is what the patient committed to, and fit for its use.
 * Cost: one multiplication, and what `admit` costs.
 *
 * @throws EmrError `FRAGMENT_INVALID` or `SHARE_INVALID`; `CUSTODIAN_STALE` where the key it is sealed
 * to is not held.
 * @see docs/protocol.md §4.6
 */
export function checkDeposited(
  sealed: Uint8Array,
  terms: CustodyTerms,
  custodians: CustodianKeys,
): void {
  assertHandedIn(sealed, terms);
  const { generation } = terms.commitment;
  open({ generation, box: sealed, context: originalContext(terms.place) }, terms, custodians);
}

/** Checks no more than that the patient signed for these very bytes. */
export function assertHandedIn(sealed: Uint8Array, { place, commitment }: CustodyTerms): void {
  if (sha256Hex(sealed) !== commitment.sealedSha256) throw foreign(place);
}

/**
 * Opens what rests here, whether it was sealed anew or not, with the same checks.
 *
 * @throws EmrError `FRAGMENT_INVALID` or `SHARE_INVALID`; `CUSTODIAN_STALE` where the key it is sealed
 * to is not held.
 */
export function openStored<T extends Secret>(
  stored: Uint8Array,
  terms: CustodyTerms<T>,
  custodians: CustodianKeys,
): OpenedSecret<T> {
  const sealed = readSealed(stored, terms.place, terms.commitment);
  if (sealed === null) throw foreign(terms.place);
  return open(sealed, terms, custodians);
}

/** Seals an opened secret to the key of a generation: the bytes that replace the ones it was in. */
export function reseal(
  { secret }: OpenedSecret<Secret>,
  { place, commitment }: CustodyTerms,
  generation: KeyGeneration,
  custodian: CustodianKey,
): Uint8Array {
  const context = resealedContext(place, commitment, generation);
  const box = custodian.seal(secret.toBytes(), context);
  return writeResealed({ generation, box, context });
}

function open<T extends Secret>(
  { generation, box, context }: SealedSecret,
  { place, admit }: CustodyTerms<T>,
  custodians: CustodianKeys,
): OpenedSecret<T> {
  const custodian = custodians.of(generation);
  if (custodian === undefined) {
    const newest = custodians.generations.at(-1) ?? generation;
    throw new EmrError('CUSTODIAN_STALE', { mspId: place.mspId, generation: newest });
  }
  return { secret: admit(unseal(box, context, place, custodian)), custodian };
}

function unseal(
  box: Uint8Array,
  context: Uint8Array,
  place: SecretPlace,
  custodian: CustodianKey,
): Uint8Array {
  try {
    return custodian.open(box, context);
  } catch (cause) {
    throw secretRefusal(
      place,
      'it is not sealed to this custodian for this grant and scope',
      cause,
    );
  }
}

function foreign(place: SecretPlace): unknown {
  return secretRefusal(place, 'it is not the one that was committed to');
}

/**
 * The error for a secret that is not what it should be. What the sealed box and the checks of the
 * cryptography refuse is the sender's fault; any other `cause` is ours, and is given back as it is.
 */
export function secretRefusal(place: SecretPlace, problem: string, cause?: unknown): unknown {
  if (cause !== undefined && !(cause instanceof CryptoError)) return cause;
  const { mspId } = place;
  if ('planId' in place) {
    const { planId } = place;
    return new EmrError('RECOVERY_SHARE_INVALID', { planId, custodian: mspId, problem }, { cause });
  }
  if ('dealer' in place) {
    const { dealer, audienceId } = place;
    return new EmrError('DEALING_INVALID', { mspId: dealer, audienceId, problem }, { cause });
  }
  return 'audienceId' in place
    ? new EmrError('SHARE_INVALID', { mspId, audienceId: place.audienceId, problem }, { cause })
    : new EmrError('FRAGMENT_INVALID', { mspId, grantId: place.grantId, problem }, { cause });
}

/** What the patient signed of one organization's secret. */
export function commitmentFor<C extends SecretCommitment & { readonly mspId: string }>(
  place: SecretPlace,
  commitments: readonly C[],
): C {
  const committed = commitments.find(({ mspId }) => mspId === place.mspId);
  if (committed === undefined) throw secretRefusal(place, 'there is none for this organization');
  return committed;
}
