/**
 * Rotation of a user's keys: a statement signed by the former and by the new verifying key. See
 * docs/protocol.md §8.11.
 *
 * @module
 */
import * as v from 'valibot';
import { PublicKeyHex, SignatureHex, UnixMillis, UserId } from './ids.js';
import { SealedSeedHex } from './recovery.js';
import { KeyNumber } from './user.js';

/** What a user says of new keys; the former verifying key vouches for them. */
export const KeyRotationBody = v.strictObject({
  userId: UserId,
  /** 1 for the first rotation, without gaps. */
  number: KeyNumber,
  previousVerifyingKey: PublicKeyHex,
  verifyingKey: PublicKeyHex,
  readerKey: PublicKeyHex,
  /** The former seed, sealed to a key of the new one: who has the newest seed has them all. */
  previousSeed: SealedSeedHex,
  rotatedAt: UnixMillis,
});
export type KeyRotationBody = v.InferOutput<typeof KeyRotationBody>;

export const SignedKeyRotation = v.strictObject({
  body: KeyRotationBody,
  /** With tag `key-rotation`, by the former verifying key. */
  signature: SignatureHex,
  /** The same, by the new one: proof of possession. */
  possession: SignatureHex,
});
export type SignedKeyRotation = v.InferOutput<typeof SignedKeyRotation>;
