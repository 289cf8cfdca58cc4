/**
 * Opening a capsule with the parts of its custodians.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, PublicTerm } from '../group/group-backend.js';
import { lagrangeWeights } from '../group/interpolation.js';
import type { Capsule } from '../umbral/capsule.js';
import { openWithSeed } from '../umbral/dem.js';
import type { ShareCommitments } from './commitments.js';
import { partsOfPartial } from './partial.js';
import type { VerifiedPartial } from './partial.js';
import { argumentsOf, insufficient } from './share-secret-key.js';

/**
 * Decrypts what {@link encrypt} encrypted to a shared key, with `threshold` partials or more.
 *
 * (Reader side.) Any of the custodians, in any order; the shared key is never put together.
 *
 * @param partials - From {@link Partial.verify}; unverified ones do not type-check.
 * @throws {@link CryptoError} `SHARES_INSUFFICIENT`; `SHARES_REPEATED`; `PARTIAL_INVALID` when one was
 * verified for another capsule or key; `CIPHERTEXT_TOO_SHORT`; `DECRYPTION_FAILED`. Cost: one
 * multiplication for each partial.
 * @see docs/protocol.md §4.8
 */
export function decryptWithCustodians(
  commitments: ShareCommitments,
  capsule: Capsule,
  partials: readonly VerifiedPartial[],
  ciphertext: Uint8Array,
  options: BackendOptions = {},
): Uint8Array {
  const parts = partials.map(partsOfPartial);
  if (parts.length < commitments.threshold) {
    throw insufficient(commitments.threshold, parts.length);
  }
  const fits = parts.every(
    (part) => part.capsule.equals(capsule) && part.commitments.equals(commitments),
  );
  if (!fits) {
    throw new CryptoError('PARTIAL_INVALID', 'partial: verified for another capsule or key');
  }
  const weights = lagrangeWeights(argumentsOf(parts));
  const terms = parts.map(({ point }, i): PublicTerm => [weights[i] ?? 0n, point]);
  const shared = (options.backend ?? defaultBackend()).mulPublic(terms);
  if (shared === null) throw new CryptoError('PARTIAL_INVALID', 'partials: they cancel out');
  return openWithSeed(shared.toCompressedBytes(), ciphertext, capsule.toBytesSimple());
}
