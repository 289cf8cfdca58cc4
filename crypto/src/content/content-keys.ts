/**
 * Keys, nonces and associated data of an envelope (docs/protocol.md §5.2).
 *
 * Every envelope has a salt, so every envelope has an AES key of its own and the chunk counter may
 * start at 0 each time. The salted keys also commit: GCM by itself would let a dishonest author make
 * one ciphertext that two DEKs open to two different records.
 *
 * @module
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, u32be, utf8ToBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import type { Aead, CryptoProvider } from '../provider/crypto-provider.js';
import { COMMITMENT_BYTES, encodeContentHeader } from './content-header.js';
import type { ContentHeader } from './content-header.js';

/** Length of a data encryption key. */
export const DEK_BYTES = 32;
/** Chunks are counted in 32 bits. */
export const MAX_CHUNKS = 2 ** 32;

const INFO = utf8ToBytes('emr-share/content/v1');
const AES_KEY_BYTES = 32;
const NONCE_PREFIX_BYTES = 7;

/** What seals and opens the chunks of one envelope. */
export interface ContentKeys {
  readonly aead: Aead;
  readonly noncePrefix: Uint8Array;
  /** SHA-256(header ‖ context). */
  readonly aad: Uint8Array;
}

/** The secret and what it is bound to. */
export interface ContentSecret {
  readonly dek: Uint8Array;
  readonly context: Uint8Array;
}

/** Derives the keys of a new envelope and its header, commitment included. */
export async function newContentKeys(
  secret: ContentSecret,
  fields: Pick<ContentHeader, 'suite' | 'chunkSizeLog2' | 'salt'>,
  provider: CryptoProvider,
): Promise<{ readonly header: Uint8Array; readonly keys: ContentKeys }> {
  const derived = derive(secret, fields);
  const header = encodeContentHeader({ ...fields, commitment: derived.commitment });
  return { header, keys: await contentKeys(derived, header, secret.context, provider) };
}

/**
 * Derives the keys of an existing envelope.
 *
 * @throws {@link CryptoError} `CONTENT_KEY_MISMATCH` when the header commits to another DEK or context.
 */
export async function existingContentKeys(
  secret: ContentSecret,
  header: ContentHeader,
  provider: CryptoProvider,
): Promise<ContentKeys> {
  const derived = derive(secret, header);
  if (!equalBytes(derived.commitment, header.commitment)) {
    derived.aesKey.fill(0);
    throw new CryptoError(
      'CONTENT_KEY_MISMATCH',
      'content was encrypted under another DEK or filed as another record; check the record ID, scope and security label',
    );
  }
  return contentKeys(derived, header.bytes, secret.context, provider);
}

/**
 * The nonce of a chunk: prefix (7) ‖ index (4, big-endian) ‖ last (1).
 *
 * @throws {@link CryptoError} `CONTENT_TOO_LARGE` past 2^32 chunks.
 * @see Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance (CRYPTO 2015), the STREAM construction.
 */
export function chunkNonce(prefix: Uint8Array, index: number, last: boolean): Uint8Array {
  if (index >= MAX_CHUNKS) throw tooLarge();
  return concatBytes(prefix, u32be(index), Uint8Array.of(last ? 1 : 0));
}

/** The refusal of content of more than 2^32 chunks. */
export function tooLarge(): CryptoError {
  return new CryptoError(
    'CONTENT_TOO_LARGE',
    'content has more than 2^32 chunks; choose a larger chunk size or split it',
  );
}

interface DerivedKeys {
  readonly aesKey: Uint8Array;
  readonly noncePrefix: Uint8Array;
  readonly commitment: Uint8Array;
}

function derive(
  { dek, context }: ContentSecret,
  { suite, chunkSizeLog2, salt }: Pick<ContentHeader, 'suite' | 'chunkSizeLog2' | 'salt'>,
): DerivedKeys {
  const info = concatBytes(INFO, Uint8Array.of(suite.id, chunkSizeLog2), sha256(context));
  const prefixEnd = AES_KEY_BYTES + NONCE_PREFIX_BYTES;
  const okm = hkdf(sha256, dek, salt, info, prefixEnd + COMMITMENT_BYTES);
  return {
    aesKey: okm.subarray(0, AES_KEY_BYTES),
    noncePrefix: okm.slice(AES_KEY_BYTES, prefixEnd),
    commitment: okm.slice(prefixEnd),
  };
}

async function contentKeys(
  { aesKey, noncePrefix }: DerivedKeys,
  header: Uint8Array,
  context: Uint8Array,
  provider: CryptoProvider,
): Promise<ContentKeys> {
  const aead = await provider.aes256Gcm(aesKey);
  aesKey.fill(0);
  return { aead, noncePrefix, aad: sha256(concatBytes(header, context)) };
}
