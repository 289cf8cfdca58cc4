/**
 * A custodian's share of a scope key: what must be in its box.
 *
 * @module
 */
import { KeyShare, ShareCommitments } from '@emr-share/crypto';
import type { AudienceBody, AudienceScopeBody } from '@emr-share/model';
import { commitmentFor, secretRefusal, type CustodyTerms } from './custody-terms.js';
import type { SharePlace } from './sealed-store.js';
import { bytesOf } from './signed-facts.js';

/** What the patient signed about a share. */
export interface SignedShare {
  readonly place: SharePlace;
  readonly audience: AudienceBody;
  readonly scope: AudienceScopeBody;
}

/**
 * The terms of one organization's share: it is the one with the organization's index on the
 * polynomial that the patient committed to. Cost of its check: `threshold` + 1 multiplications.
 *
 * @throws EmrError `SHARE_INVALID` where the patient signed for none at this organization.
 * @see docs/protocol.md §4.8
 */
export function shareTerms(share: SignedShare): CustodyTerms<KeyShare> {
  const { place, scope } = share;
  return {
    place,
    commitment: commitmentFor(place, scope.shares),
    admit: (bytes) => verifyShare(bytes, share),
  };
}

/** @throws CryptoError `POINT_INVALID`. */
export function commitmentsOf({ commitments }: AudienceScopeBody): ShareCommitments {
  return ShareCommitments.fromBytes(bytesOf(commitments));
}

function verifyShare(bytes: Uint8Array, { place, audience, scope }: SignedShare): KeyShare {
  const share = readShare(bytes, place, scope);
  if (share.index === audience.custodians.indexOf(place.mspId) + 1) return share;
  throw secretRefusal(place, 'it is the share of another custodian');
}

function readShare(bytes: Uint8Array, place: SharePlace, scope: AudienceScopeBody): KeyShare {
  try {
    return KeyShare.fromBytes(bytes, commitmentsOf(scope));
  } catch (cause) {
    throw secretRefusal(place, 'it does not lie on the polynomial that the patient signed', cause);
  }
}
