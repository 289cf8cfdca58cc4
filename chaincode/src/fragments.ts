/**
 * A custodian's sealed fragment: where it belongs, and opening it into a verified kfrag.
 *
 * @module
 */
import { createSha256, CryptoError, KeyFrag, type VerifiedKeyFrag } from '@emr-share/crypto';
import { canonicalBytes, EmrError, type GrantBody, type GrantScopeBody } from '@emr-share/model';
import type { CustodianKey } from './contract-service.js';
import type { FragmentPlace } from './fragment-store.js';
import { publicKeyOf } from './signed-facts.js';

/** What the patient signed about a fragment, and the key that checks the patient. */
export interface FragmentTerms {
  readonly place: FragmentPlace;
  readonly grant: GrantBody;
  readonly scope: GrantScopeBody;
  /** The patient's registered verifying key. */
  readonly verifyingKeyHex: string;
}

/** MessagePack `true`: in the last two bytes of a kfrag, both keys are signed. */
const SIGNED = 0xc3;
const SIGNED_FLAGS = 2;

/**
 * Opens a sealed fragment and checks that it is the one that the patient committed to: delegating
 * this scope to this delegatee. Cost: 2 multiplications, one ECDSA verification.
 *
 * @throws EmrError `FRAGMENT_INVALID`.
 * @see docs/protocol.md §4.3, §4.6
 */
export function openFragment(
  sealed: Uint8Array,
  terms: FragmentTerms,
  custodian: CustodianKey,
): VerifiedKeyFrag {
  const { place, scope } = terms;
  const committed = scope.fragments.find(({ mspId }) => mspId === place.mspId);
  if (committed === undefined) throw refusal(place, 'the patient signed for none here');
  if (sha256Hex(sealed) !== committed.sealedSha256) {
    throw refusal(place, 'it is not the one that the patient signed for');
  }
  return verifyKeyFrag(unseal(sealed, place, custodian), terms);
}

function unseal(sealed: Uint8Array, place: FragmentPlace, custodian: CustodianKey): Uint8Array {
  const { grantId, mspId, scopeId } = place;
  try {
    return custodian.open(sealed, canonicalBytes({ grantId, mspId, scopeId }));
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

/** What the sealed box and Umbral refuse is the sender's fault; anything else is ours. */
function refusal({ mspId, grantId }: FragmentPlace, problem: string, cause?: unknown): unknown {
  if (cause !== undefined && !(cause instanceof CryptoError)) return cause;
  return new EmrError('FRAGMENT_INVALID', { mspId, grantId, problem }, { cause });
}

/** SHA-256 as lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createSha256().update(bytes).digestHex();
}
