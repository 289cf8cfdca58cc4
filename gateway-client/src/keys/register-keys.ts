/**
 * The transaction of a rotation: the new keys, and a patient's next epochs under them.
 *
 * @module
 */
import {
  groupScopeId,
  SCOPE_GROUPS,
  type KeyRotationBody,
  type SignedScope,
  type User,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { hasKeysOf } from '../identity/identity.js';
import { ownCurrentScope, signScope } from '../identity/scopes.js';
import { formerSeedContext } from '../key-history.js';
import type { Keyring } from '../keyring.js';
import { submitSettled } from '../settle.js';

/**
 * Puts the keys of `next` in force, unless they are.
 *
 * @throws EmrError `ROTATION_STALE` where another device has rotated; `SCOPE_STALE`, `ROTATION_REFUSED`
 *   where a new epoch began meanwhile: call again.
 */
export async function registerKeys(
  context: ClientContext,
  next: Keyring,
  signal: AbortSignal,
): Promise<User> {
  const { ledger, userId } = context;
  const recall = (): Promise<User> => ledger.evaluate('registry:GetUser', { userId }, { signal });
  const user = await recall();
  if (hasKeysOf(user, next)) return user;
  const body = rotationOf(context, user, next);
  const rotation = {
    body,
    signature: context.keyring.sign('key-rotation', body),
    possession: next.sign('key-rotation', body),
  };
  const scopes = user.role === 'patient' ? await nextScopes(context, next, signal) : [];
  const request = { rotation, scopes };
  const { response } = await submitSettled(ledger, 'registry:RotateKeys', request, {
    signal,
    recall,
    missing: 'USER_NOT_FOUND',
    isOurs: (found) => hasKeysOf(found, next),
  });
  return response;
}

function rotationOf(
  { clock }: ClientContext,
  { userId, verifyingKey, keyNumber = 0, keysSince, registeredAt }: User,
  next: Keyring,
): KeyRotationBody {
  const number = keyNumber + 1;
  return {
    userId,
    number,
    previousVerifyingKey: verifyingKey,
    verifyingKey: next.verifyingKeyHex,
    readerKey: next.readerKeyHex,
    previousSeed: bytesToHex(next.sealFormerSeed(formerSeedContext(userId, number))),
    // The clock of the device that made the former keys may have been ahead of this one's.
    rotatedAt: Math.max(clock.now(), (keysSince ?? registeredAt) + 1),
  };
}

/** The next epoch of each group that has one, under the new seed. */
async function nextScopes(
  context: ClientContext,
  next: Keyring,
  signal: AbortSignal,
): Promise<SignedScope[]> {
  const { clock, userId } = context;
  const current = await Promise.all(
    SCOPE_GROUPS.map((group) => ownCurrentScope(context, group, signal)),
  );
  return current
    .filter((scope) => scope !== null)
    .map(({ group, epoch }) =>
      signScope({ keyring: next, clock, userId }, groupScopeId(userId, group, epoch + 1)),
    );
}
