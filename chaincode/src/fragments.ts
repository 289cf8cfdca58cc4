/**
 * A custodian's fragment: what must be in its box.
 *
 * @module
 */
import { KeyFrag, type VerifiedKeyFrag } from '@emr-share/crypto';
import type { GrantBody, GrantScopeBody } from '@emr-share/model';
import { commitmentFor, secretRefusal, type CustodyTerms } from './custody-terms.js';
import type { FragmentPlace } from './sealed-store.js';
import { publicKeyOf } from './signed-facts.js';

/** What the patient signed about a fragment, and the key that checks the patient. */
export interface SignedFragment {
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
 * The terms of one organization's fragment: it delegates this scope to this delegatee. Cost of its
 * check: 2 multiplications, one ECDSA verification.
 *
 * @throws EmrError `FRAGMENT_INVALID` where the patient signed for none at this organization.
 * @see docs/protocol.md §4.3
 */
export function fragmentTerms(fragment: SignedFragment): CustodyTerms<VerifiedKeyFrag> {
  const { place, scope } = fragment;
  return {
    place,
    commitment: commitmentFor(place, scope.fragments),
    admit: (bytes) => verifyKeyFrag(bytes, fragment),
  };
}

function verifyKeyFrag(bytes: Uint8Array, fragment: SignedFragment): VerifiedKeyFrag {
  const { place, grant, scope, verifyingKeyHex } = fragment;
  // A kfrag that does not sign its keys would verify for any scope and any delegatee.
  if (bytes.slice(-SIGNED_FLAGS).some((flag) => flag !== SIGNED)) {
    throw secretRefusal(place, 'it does not sign both of its keys');
  }
  try {
    return KeyFrag.fromBytes(bytes).verify(
      publicKeyOf(verifyingKeyHex),
      publicKeyOf(scope.delegatingKey),
      publicKeyOf(grant.delegateeKey),
    );
  } catch (cause) {
    throw secretRefusal(place, 'it does not delegate this scope to this delegatee', cause);
  }
}
