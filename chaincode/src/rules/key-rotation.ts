/**
 * Rotation of a user's keys. From its transaction on only the new verifying key signs.
 *
 * @module
 */
import {
  EmrError,
  groupOf,
  parseScopeId,
  type KeyRotationBody,
  type SignedKeyRotation,
  type SignedScope,
  type User,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { sameFact, userOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { scopeHeadsOf, userKey, userKeysKey, userKeysOf } from '../ledger-keys.js';
import { assertPublicKey, assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';
import { publishScope, type Heads } from './scopes.js';
import { patientIfAny } from './users.js';

export const rotateKeys: Rule<'registry:RotateKeys'> = async (invocation, request) => {
  const { caller, state, now } = invocation;
  const { rotation, scopes } = request;
  const { userId, number, verifyingKey, readerKey, rotatedAt } = rotation.body;
  if (caller.userId !== userId) {
    throw new EmrError('SIGNER_MISMATCH', { userId, signer: caller.userId });
  }
  assertPublicKey(verifyingKey, 'the verifying key');
  assertPublicKey(readerKey, 'the reader key');
  const former = await userOf(state, userId);
  const existing = await state.get(userKeysKey(userId, number));
  if (existing !== null && sameFact(existing.body, rotation.body)) return former;

  assertNext(former, rotation);
  await assertFresh(state, former, rotation.body);
  assertWithinSkew(rotatedAt, now);
  const registered = former.registered ?? {
    verifyingKey: former.verifyingKey,
    readerKey: former.readerKey,
  };
  const keys = { verifyingKey, readerKey, keyNumber: number, keysSince: rotatedAt, registered };
  const user: User = { ...former, ...keys };
  await startNextEpochs(invocation, user, scopes);
  await state.put(userKey(userId), user);
  await state.put(userKeysKey(userId, number), rotation);
  await writeAudit(invocation, {
    type: 'keys.rotated',
    subject: userId,
    ...patientIfAny(user),
  });
  return user;
};

export const getKeyHistory: Rule<'registry:GetKeyHistory'> = async ({ state }, { userId }) => {
  await userOf(state, userId);
  const entries = await state.list(userKeysOf(userId));
  return { userId, rotations: entries.map(({ value }) => value) };
};

/**
 * Follows on the keys in force, and is signed by both.
 *
 * @throws EmrError `ROTATION_STALE`, `SIGNATURE_INVALID`.
 */
function assertNext(user: User, { body, signature, possession }: SignedKeyRotation): void {
  const { userId, keyNumber = 0 } = user;
  if (body.number !== keyNumber + 1 || body.previousVerifyingKey !== user.verifyingKey) {
    throw new EmrError('ROTATION_STALE', { userId, number: keyNumber });
  }
  assertSigned('key-rotation', { body, signature }, user.verifyingKey);
  assertSigned('key-rotation', { body, signature: possession }, body.verifyingKey);
}

/**
 * Neither key was in force before, and the time goes on.
 *
 * @throws EmrError `ROTATION_REFUSED`.
 */
async function assertFresh(state: WorldState, user: User, body: KeyRotationBody): Promise<void> {
  const { userId, registered, keysSince, registeredAt } = user;
  const rotations = await state.list(userKeysOf(userId));
  const former = [registered ?? user, ...rotations.map(({ value }) => value.body)];
  const isUsed = former.some(
    ({ verifyingKey, readerKey }) =>
      verifyingKey === body.verifyingKey || readerKey === body.readerKey,
  );
  if (isUsed) refuse(userId, 'one of its keys was in force before');
  if (body.rotatedAt <= (keysSince ?? registeredAt)) {
    refuse(userId, 'it is dated before the keys that it replaces');
  }
}

/**
 * Publishes the next epoch of each group in which the user has a scope, no more and no fewer, under the
 * new keys.
 *
 * @throws EmrError `ROTATION_REFUSED`; what `PublishScopes` refuses with.
 */
async function startNextEpochs(
  invocation: Invocation,
  user: User,
  scopes: readonly SignedScope[],
): Promise<void> {
  const { userId } = user;
  const named = scopes.map(({ body }) => {
    const scope = parseScopeId(body.scopeId);
    return scope.kind === 'record' ? scope.kind : groupOf(scope);
  });
  const entries = await invocation.state.list(scopeHeadsOf(userId));
  const open = entries.map(({ parts }) => parts.at(-1));
  const areAll = new Set(named).size === scopes.length && open.length === scopes.length;
  if (!areAll || !named.every((group) => open.includes(group))) {
    refuse(userId, 'it does not bring the next epoch of each group that has a scope');
  }
  const heads: Heads = new Map();
  for (const scope of scopes) await publishScope(invocation, user, scope, heads);
}

function refuse(userId: string, problem: string): never {
  throw new EmrError('ROTATION_REFUSED', { userId, problem });
}
