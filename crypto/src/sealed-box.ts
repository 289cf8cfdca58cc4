/**
 * Sealed boxes: a message that only the holder of one secp256k1 key can open, from nobody in
 * particular (docs/protocol.md §4.6).
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version = 1 |
 * | 1 | 1 | suite = 1: ECDH on secp256k1, HKDF-SHA256, ChaCha20-Poly1305 |
 * | 2 | 33 | ephemeral public key, SEC1 compressed |
 * | 35 | n | ciphertext |
 * | 35 + n | 16 | tag |
 *
 * Patients seal kfrags to custodians with it, custodians seal partial decryptions to readers. It is
 * the base mode of RFC 9180 in shape (DHKEM, then one AEAD message under a single-use key), on the
 * curve of Umbral's keys. The cipher is ChaCha20-Poly1305 because it is constant-time in plain
 * JavaScript, and synchronous.
 *
 * @module
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, concatBytes, utf8ToBytes } from './bytes.js';
import { CryptoError } from './crypto-error.js';
import { defaultBackend } from './group/default-backend.js';
import type { BackendOptions } from './group/group-backend.js';
import { POINT_SIZE_BYTES } from './group/point.js';
import type { Point } from './group/point.js';
import { drawBytes, randomScalar } from './group/scalar.js';
import { TAG_BYTES } from './provider/crypto-provider.js';
import { derivedRng, systemRng } from './rng.js';
import type { Rng } from './rng.js';
import { pointOf, scalarOf } from './umbral/keys.js';
import type { PublicKey, SecretKey } from './umbral/keys.js';

/** What both ends of a sealed box agree on. */
export interface SealedBoxContext {
  /**
   * Canonical bytes of what the box is for: who sealed what to whom, under which grant. A box opens
   * only with the context that it was sealed with.
   */
  readonly context: Uint8Array;
}

/** Options of {@link openBox}. */
export interface OpenBoxOptions extends SealedBoxContext, BackendOptions {}

/** Options of {@link sealBox}. */
export interface SealBoxOptions extends OpenBoxOptions {
  /**
   * Default {@link systemRng}. A deterministic generator gives the same box for the same recipient,
   * message and context, and unrelated ones otherwise, as long as its bytes stay secret.
   */
  readonly rng?: Rng | undefined;
}

/** What a sealed box is longer than its message. */
export const SEALED_BOX_OVERHEAD_BYTES = 2 + POINT_SIZE_BYTES + TAG_BYTES;

const VERSION = 1;
const SUITE = 1;
const KEY_START = 2;
const CIPHERTEXT_START = KEY_START + POINT_SIZE_BYTES;
const INFO = utf8ToBytes('emr-share/sealed-box/v1');
const EPHEMERAL_LABEL = utf8ToBytes('emr-share/sealed-box/v1/ephemeral');
const AEAD_KEY_BYTES = 32;
const AEAD_NONCE_BYTES = 12;
const ENTROPY_BYTES = 32;

/**
 * Seals a message to a public key. Anyone can; the box does not tell who did, so the recipient learns
 * nothing about the sender that the message does not prove.
 *
 * Cost: two multiplications.
 *
 * @returns {@link SEALED_BOX_OVERHEAD_BYTES} more than `plaintext`.
 */
export function sealBox(
  recipientPk: PublicKey,
  plaintext: Uint8Array,
  { context, rng = systemRng, backend = defaultBackend() }: SealBoxOptions,
): Uint8Array {
  assertBytes(plaintext, 'plaintext');
  assertBytes(context, 'context');
  const recipientBytes = recipientPk.toCompressedBytes();
  // Hedged: two messages never share an ephemeral key, and so a nonce, even if the generator repeats.
  const hedge = derivedRng(
    drawBytes(rng, ENTROPY_BYTES),
    concatBytes(EPHEMERAL_LABEL, recipientBytes, sha256(context), sha256(plaintext)),
  );
  const ephemeralSk = randomScalar(hedge);
  const ephemeralBytes = backend.mulBase(ephemeralSk).toCompressedBytes();
  const shared = backend.mulSecret(pointOf(recipientPk), ephemeralSk);
  const ciphertext = boxCipher(shared, ephemeralBytes, recipientBytes, context).encrypt(plaintext);
  return concatBytes(Uint8Array.of(VERSION, SUITE), ephemeralBytes, ciphertext);
}

/**
 * Opens a sealed box with the recipient's secret key.
 *
 * Cost: a square root and one multiplication, constant-time in the key as far as the backend is.
 *
 * @throws {@link CryptoError} `SEALED_BOX_INVALID` for a box of another version, recipient or context,
 * and for an altered one; it does not tell which.
 */
export function openBox(
  recipientSk: SecretKey,
  sealed: Uint8Array,
  { context, backend = defaultBackend() }: OpenBoxOptions,
): Uint8Array {
  assertBytes(sealed, 'sealed');
  assertBytes(context, 'context');
  if (sealed.length < SEALED_BOX_OVERHEAD_BYTES) {
    throw invalid(`expected at least ${SEALED_BOX_OVERHEAD_BYTES} bytes, got ${sealed.length}`);
  }
  const [version = 0, suite = 0] = sealed.subarray(0, KEY_START);
  if (version !== VERSION) throw invalid(`version ${version} is not known here`);
  if (suite !== SUITE) throw invalid(`suite ${suite} is not known here`);
  const ephemeralBytes = sealed.slice(KEY_START, CIPHERTEXT_START);
  const shared = backend.mulSecret(decodeEphemeral(ephemeralBytes, backend), scalarOf(recipientSk));
  const recipientBytes = recipientSk.publicKey({ backend }).toCompressedBytes();
  const cipher = boxCipher(shared, ephemeralBytes, recipientBytes, context);
  try {
    return cipher.decrypt(sealed.subarray(CIPHERTEXT_START));
  } catch {
    throw invalid('it was sealed to another key or for another context, or it was altered');
  }
}

function boxCipher(
  shared: Point,
  ephemeralBytes: Uint8Array,
  recipientBytes: Uint8Array,
  context: Uint8Array,
): ReturnType<typeof chacha20poly1305> {
  const contextHash = sha256(context);
  const info = concatBytes(INFO, Uint8Array.of(SUITE), ephemeralBytes, recipientBytes, contextHash);
  const ikm = shared.toCompressedBytes();
  const okm = hkdf(sha256, ikm, undefined, info, AEAD_KEY_BYTES + AEAD_NONCE_BYTES);
  const key = okm.subarray(0, AEAD_KEY_BYTES);
  return chacha20poly1305(key, okm.subarray(AEAD_KEY_BYTES), contextHash);
}

function decodeEphemeral(
  bytes: Uint8Array,
  backend: NonNullable<BackendOptions['backend']>,
): Point {
  try {
    return backend.decodePoint(bytes);
  } catch (cause) {
    throw new CryptoError('SEALED_BOX_INVALID', 'sealed box: its ephemeral key is no point', {
      cause,
    });
  }
}

function invalid(reason: string): CryptoError {
  return new CryptoError('SEALED_BOX_INVALID', `sealed box: ${reason}`);
}
