/**
 * A custodian's sealed fragment: opening it into a verified kfrag, and sealing it to another key.
 *
 * @module
 */
import { CryptoError, KeyFrag, type VerifiedKeyFrag } from '@emr-share/crypto';
import {
  EmrError,
  type GrantBody,
  type GrantScopeBody,
  type KeyGeneration,
} from '@emr-share/model';
import type { CustodianKey, CustodianKeys } from './contract-service.js';
import type { FragmentPlace } from './fragment-store.js';
import { sha256Hex } from './hash.js';
import {
  originalContext,
  readSealed,
  resealedContext,
  writeResealed,
  type FragmentCommitment,
  type SealedFragment,
} from './sealed-fragment.js';
import { publicKeyOf } from './signed-facts.js';

/** What the patient signed about a fragment, and the key that checks the patient. */
export interface FragmentTerms {
  readonly place: FragmentPlace;
  readonly grant: GrantBody;
  readonly scope: GrantScopeBody;
  /** The patient's registered verifying key. */
  readonly verifyingKeyHex: string;
}

/** A fragment that was opened, and the key that opened it. */
export interface OpenedFragment {
  readonly kfrag: VerifiedKeyFrag;
  readonly custodian: CustodianKey;
}

/** MessagePack `true`: in the last two bytes of a kfrag, both keys are signed. */
const SIGNED = 0xc3;
const SIGNED_FLAGS = 2;

/**
 * Checks a fragment that a patient hands in: that it is the one that the patient committed to,
 * delegating this scope to this delegatee. Cost: 2 multiplications, one ECDSA verification.
 *
 * @throws EmrError `FRAGMENT_INVALID`; `CUSTODIAN_STALE` where the key it is sealed to is not held.
 * @see docs/protocol.md §4.3, §4.6
 */
export function checkDeposited(
  sealed: Uint8Array,
  terms: FragmentTerms,
  custodians: CustodianKeys,
): void {
  assertHandedIn(sealed, terms);
  const { generation } = commitmentOf(terms);
  open({ generation, box: sealed, context: originalContext(terms.place) }, terms, custodians);
}

/** Checks no more than that the patient signed for these very bytes. Throws `FRAGMENT_INVALID`. */
export function assertHandedIn(sealed: Uint8Array, terms: FragmentTerms): void {
  if (sha256Hex(sealed) !== commitmentOf(terms).sealedSha256) throw foreign(terms);
}

/**
 * Opens a fragment as it rests here, whether it was sealed anew or not, with the same checks.
 *
 * @throws EmrError `FRAGMENT_INVALID`; `CUSTODIAN_STALE` where the key it is sealed to is not held.
 */
export function openStored(
  stored: Uint8Array,
  terms: FragmentTerms,
  custodians: CustodianKeys,
): OpenedFragment {
  const fragment = readSealed(stored, terms.place, commitmentOf(terms));
  if (fragment === null) throw foreign(terms);
  return open(fragment, terms, custodians);
}

/** Seals an opened fragment to the key of a generation: the bytes that replace the ones it was in. */
export function reseal(
  { kfrag }: OpenedFragment,
  terms: FragmentTerms,
  generation: KeyGeneration,
  custodian: CustodianKey,
): Uint8Array {
  const context = resealedContext(terms.place, commitmentOf(terms), generation);
  const box = custodian.seal(kfrag.toBytes(), context);
  return writeResealed({ generation, box, context });
}

/** What the patient signed of this organization's fragment. Throws `FRAGMENT_INVALID`. */
export function commitmentOf({ place, scope }: FragmentTerms): FragmentCommitment {
  const committed = scope.fragments.find(({ mspId }) => mspId === place.mspId);
  if (committed === undefined) throw refusal(place, 'the patient signed for none here');
  return committed;
}

function open(
  { generation, box, context }: SealedFragment,
  terms: FragmentTerms,
  custodians: CustodianKeys,
): OpenedFragment {
  const custodian = custodians.of(generation);
  if (custodian === undefined) {
    const newest = custodians.generations.at(-1) ?? generation;
    throw new EmrError('CUSTODIAN_STALE', { mspId: terms.place.mspId, generation: newest });
  }
  return { kfrag: verifyKeyFrag(unseal(box, context, terms.place, custodian), terms), custodian };
}

function unseal(
  box: Uint8Array,
  context: Uint8Array,
  place: FragmentPlace,
  custodian: CustodianKey,
): Uint8Array {
  try {
    return custodian.open(box, context);
  } catch (cause) {
    throw refusal(place, 'it is not sealed to this custodian for this grant and scope', cause);
  }
}

function verifyKeyFrag(bytes: Uint8Array, terms: FragmentTerms): VerifiedKeyFrag {
  const { place, grant, scope, verifyingKeyHex } = terms;
  // A kfrag that does not sign its keys would verify for any scope and any delegatee.
  if (bytes.slice(-SIGNED_FLAGS).some((flag) => flag !== SIGNED)) {
    throw refusal(place, 'it does not sign both of its keys');
  }
  try {
    return KeyFrag.fromBytes(bytes).verify(
      publicKeyOf(verifyingKeyHex),
      publicKeyOf(scope.delegatingKey),
      publicKeyOf(grant.delegateeKey),
    );
  } catch (cause) {
    throw refusal(place, 'it does not delegate this scope to this delegatee', cause);
  }
}

function foreign({ place }: FragmentTerms): unknown {
  return refusal(place, 'it is not the one that the patient signed for');
}

/** What the sealed box and Umbral refuse is the sender's fault; anything else is ours. */
function refusal({ mspId, grantId }: FragmentPlace, problem: string, cause?: unknown): unknown {
  if (cause !== undefined && !(cause instanceof CryptoError)) return cause;
  return new EmrError('FRAGMENT_INVALID', { mspId, grantId, problem }, { cause });
}
