/**
 * Facts that outlive the keys they were signed with. What comes in is signed with the key in force;
 * what stands on the ledger was checked when it came.
 *
 * @module
 */
import { EmrError, type SignatureTag, type UserId } from '@emr-share/model';
import { sameFact, userOf } from './facts.js';
import { userKeysOf } from './ledger-keys.js';
import { assertSigned, isSignedBy, type Signed } from './signed-facts.js';
import type { WorldState } from './world-state.js';

/**
 * The verifying key with which a user signed a fact of the ledger. Cost, once keys were rotated: one
 * ECDSA verification for each rotation since.
 *
 * @throws EmrError `USER_NOT_FOUND`; `SIGNATURE_INVALID` where the user never had a key that did.
 */
export async function signingKeyOf(
  state: WorldState,
  userId: UserId,
  tag: SignatureTag,
  signed: Signed,
): Promise<string> {
  const user = await userOf(state, userId);
  if (user.registered === undefined) return user.verifyingKey;
  const rotations = await state.list(userKeysOf(userId));
  const keys = [
    user.registered.verifyingKey,
    ...rotations.map(({ value }) => value.body.verifyingKey),
  ];
  const key = keys.findLast((one) => isSignedBy(tag, signed, one));
  if (key === undefined) throw new EmrError('SIGNATURE_INVALID', { what: tag });
  return key;
}

/**
 * Checks the signature of a fact that a client hands in, unless it is the very one that the ledger has.
 *
 * @throws EmrError `SIGNATURE_INVALID`.
 */
export function assertSignedUnlessStored(
  tag: SignatureTag,
  { body, signature }: Signed,
  stored: Signed | null,
  verifyingKeyHex: string,
): void {
  const isStored = stored !== null && stored.signature === signature && sameFact(stored.body, body);
  if (!isStored) assertSigned(tag, { body, signature }, verifyingKeyHex);
}
