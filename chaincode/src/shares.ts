/**
 * A custodian's share of a scope key: what must be in its box, whoever made the sharing.
 *
 * @module
 */
import { KeyShare, ShareCommitments } from '@emr-share/crypto';
import {
  type AudienceScopeBody,
  type CommitmentsHex,
  type Dealing,
  type MspId,
} from '@emr-share/model';
import { commitmentFor, secretRefusal, type CustodyTerms } from './custody-terms.js';
import { sha256Hex } from './hash.js';
import type { DealtPlace, NewSharePlace, SharePlace } from './sealed-store.js';
import { bytesOf } from './signed-facts.js';

/**
 * The terms of one organization's share as the patient, or another custodian, dealt it: the one with
 * the organization's index on the polynomial that was committed to. Cost of its check: `threshold` + 1
 * multiplications.
 *
 * @param custodians - Of the sharing, in their order.
 * @throws EmrError `SHARE_INVALID`, of a dealing `DEALING_INVALID`, where there is none for this
 * organization.
 * @see docs/protocol.md §4.8
 */
export function shareTerms(
  place: SharePlace | DealtPlace,
  custodians: readonly MspId[],
  { commitments, shares }: Pick<AudienceScopeBody | Dealing, 'commitments' | 'shares'>,
): CustodyTerms<KeyShare> {
  return {
    place,
    commitment: commitmentFor(place, shares),
    admit: (bytes) => verifyShare(bytes, place, custodians, commitments),
  };
}

/**
 * The terms of a share that the organization made itself of what was dealt to it. It is sealed as what
 * was sealed anew is, with the hash of the commitments in the place of the patient's box.
 *
 * @see docs/protocol.md §8.10
 */
export function newShareTerms(
  place: NewSharePlace,
  custodians: readonly MspId[],
  commitments: CommitmentsHex,
): CustodyTerms<KeyShare> {
  return {
    place,
    commitment: { generation: 0, sealedSha256: sha256Hex(bytesOf(commitments)) },
    admit: (bytes) => verifyShare(bytes, place, custodians, commitments),
  };
}

/** @throws CryptoError `POINT_INVALID`. */
export function commitmentsOf({
  commitments,
}: {
  readonly commitments: CommitmentsHex;
}): ShareCommitments {
  return ShareCommitments.fromBytes(bytesOf(commitments));
}

function verifyShare(
  bytes: Uint8Array,
  place: SharePlace,
  custodians: readonly MspId[],
  commitments: CommitmentsHex,
): KeyShare {
  const share = readShare(bytes, place, commitments);
  if (share.index === custodians.indexOf(place.mspId) + 1) return share;
  throw secretRefusal(place, 'it is the share of another custodian');
}

function readShare(bytes: Uint8Array, place: SharePlace, commitments: CommitmentsHex): KeyShare {
  try {
    return KeyShare.fromBytes(bytes, commitmentsOf({ commitments }));
  } catch (cause) {
    throw secretRefusal(place, 'it does not lie on the polynomial that is committed to', cause);
  }
}
