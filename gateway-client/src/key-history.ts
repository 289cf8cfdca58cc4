/**
 * The keys that a user has had: each rotation is signed by the key before it, the first key by itself.
 * See docs/protocol.md §8.11.
 *
 * @module
 */
import { PublicKey } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  registrationOf,
  type SignedKeyRotation,
  type UnixMillis,
  type User,
  type UserId,
} from '@emr-share/model';
import { hexToBytes } from './bytes.js';
import { decoding } from './crypto-failure.js';
import { assertSigned } from './signed.js';

/** Keys from one rotation to the next. */
export interface KeyTerm {
  readonly verifyingPk: PublicKey;
  readonly readerKeyHex: string;
  readonly since: UnixMillis;
  /** The seed before these keys, sealed to a key of their own; left out for the first ones. */
  readonly previousSeed?: Uint8Array | undefined;
}

/** The public keys of a registered user. */
export interface UserKeys {
  readonly userId: UserId;
  /** In force. */
  readonly verifyingPk: PublicKey;
  /** In force. */
  readonly readerKeyHex: string;
  /** The newest, in force, is the last. */
  readonly terms: readonly KeyTerm[];
}

/**
 * By which of a user's keys a fact may be signed. `now`: the one in force. `around`: in force at that
 * time. `since`: at that time or later, for a fact that says no time of its own.
 */
export type When = 'now' | { readonly around: UnixMillis } | { readonly since: UnixMillis };

/**
 * The contracts let a fact and a rotation each be five minutes off the time of its transaction, so
 * their own times may be in the other order by twice that.
 */
const TOLERANCE_MS = 2 * 5 * 60_000;

/** Decodes a public key that the ledger holds as hex. */
export function publicKeyOf(hex: string, what: string): PublicKey {
  return decoding(what, () => PublicKey.fromCompressedBytes(hexToBytes(hex)));
}

/** What the seed before a rotation is bound to where it is sealed. */
export function formerSeedContext(userId: UserId, number: number): Uint8Array {
  return canonicalBytes({ userId, number });
}

/** Keys that were never rotated. */
export function firstKeys(userId: UserId, term: KeyTerm): UserKeys {
  return { userId, verifyingPk: term.verifyingPk, readerKeyHex: term.readerKeyHex, terms: [term] };
}

/**
 * Follows a user's keys from the registration to the newest rotation.
 *
 * @throws EmrError `SIGNATURE_INVALID` where a link does not hold.
 */
export function followedKeys(
  userId: UserId,
  user: User,
  rotations: readonly SignedKeyRotation[],
): UserKeys {
  const { body, signature } = registrationOf(user);
  const first = publicKeyOf(body.verifyingKey, 'the verifying key');
  if (body.userId !== userId || rotations.length < (user.keyNumber ?? 0)) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'registration' });
  }
  assertSigned('registration', { body, signature }, first, 'registration');
  const { readerKey: readerKeyHex, registeredAt: since } = body;
  return rotations.reduce<UserKeys>(
    (keys, rotation) => rotated(keys, rotation),
    firstKeys(userId, { verifyingPk: first, readerKeyHex, since }),
  );
}

function rotated(
  { userId, verifyingPk: former, terms }: UserKeys,
  { body, signature, possession }: SignedKeyRotation,
): UserKeys {
  const what = 'rotation of keys';
  const verifyingPk = publicKeyOf(body.verifyingKey, 'the verifying key');
  if (body.userId !== userId || body.number !== terms.length) {
    throw new EmrError('SIGNATURE_INVALID', { what });
  }
  assertSigned('key-rotation', { body, signature }, former, what);
  assertSigned('key-rotation', { body, signature: possession }, verifyingPk, what);
  const { readerKey: readerKeyHex, rotatedAt: since } = body;
  const term = { verifyingPk, readerKeyHex, since, previousSeed: hexToBytes(body.previousSeed) };
  return { userId, verifyingPk, readerKeyHex, terms: [...terms, term] };
}

/** The verifying keys that a fact may be signed with, the newest first. */
export function keysFor({ terms }: UserKeys, when: When): readonly PublicKey[] {
  if (when === 'now') return terms.slice(-1).map(({ verifyingPk }) => verifyingPk);
  const from = 'since' in when ? when.since : when.around;
  const to = 'since' in when ? Infinity : when.around;
  return terms
    .filter(({ since }, i) => {
      const until = terms[i + 1]?.since ?? Infinity;
      const isFirst = i === 0;
      return from - TOLERANCE_MS <= until && (isFirst || since <= to + TOLERANCE_MS);
    })
    .map(({ verifyingPk }) => verifyingPk)
    .reverse();
}
