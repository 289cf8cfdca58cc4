/**
 * The verbs of proxy re-encryption.
 *
 * @module
 */
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions } from '../group/group-backend.js';
import { addScalars, multiplyScalars, randomScalar } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import { challengeOf, ownCapsuleFrag } from './capsule-frag.js';
import type { VerifiedCapsuleFrag } from './capsule-frag.js';
import { decapsulate, encapsulate, partsOfCapsule } from './capsule.js';
import type { Capsule } from './capsule.js';
import { openWithSeed, sealWithSeed } from './dem.js';
import { partsOfKeyFrag } from './key-frag.js';
import type { VerifiedKeyFrag } from './key-frag.js';
import type { PublicKey, RandomOptions, SecretKey } from './keys.js';
import { decapsulateReencrypted } from './opening.js';

export { generateKFrags } from './delegation.js';

/**
 * Encrypts a DEK to a public key, so that its owner can later delegate reading.
 *
 * (Author side.) Needs no secret. The author, too, can read only what the plaintext was.
 *
 * @param plaintext - A DEK, 32 bytes; other lengths work. The ciphertext is 40 bytes longer.
 * @param options - `rng`: 32 + 32 + 24 bytes.
 * @returns The capsule, which goes to proxies, and the ciphertext. Cost: 3 multiplications.
 * @see docs/protocol.md §4.2
 * @example
 * const [capsule, wrappedDek] = encrypt(scopePk, dek);
 */
export function encrypt(
  delegatingPk: PublicKey,
  plaintext: Uint8Array,
  options: RandomOptions = {},
): [capsule: Capsule, ciphertext: Uint8Array] {
  const [capsule, keySeed] = encapsulate(delegatingPk, options);
  const aad = capsule.toBytesSimple();
  return [capsule, sealWithSeed(keySeed, plaintext, aad, options.rng ?? systemRng)];
}

/**
 * Decrypts with the key that {@link encrypt} encrypted to.
 *
 * (Delegator side.)
 *
 * @throws {@link CryptoError} `CIPHERTEXT_TOO_SHORT`; `DECRYPTION_FAILED` for another key, another
 * capsule or an altered ciphertext. Cost: one multiplication.
 */
export function decryptOriginal(
  delegatingSk: SecretKey,
  capsule: Capsule,
  ciphertext: Uint8Array,
  options: BackendOptions = {},
): Uint8Array {
  const keySeed = decapsulate(delegatingSk, capsule, options);
  return openWithSeed(keySeed, ciphertext, capsule.toBytesSimple());
}

/**
 * Re-encrypts a capsule with one kfrag: one proxy's share of opening it for the delegatee.
 *
 * (Proxy side.) The proxy learns nothing of what is encapsulated.
 *
 * @param kfrag - From {@link KeyFrag.verify}; an unverified one does not type-check.
 * @param options - `rng`: 32 bytes for the nonce of the proof. A nonce that is used for two capsules
 * gives the kfrag's secret away; see {@link derivedRng} before giving anything but real randomness.
 * @returns A cfrag with its proof of correct re-encryption. Cost: 5 multiplications.
 * @see docs/protocol.md §4.4
 * @example
 * const cfrag = reencrypt(capsule, kfrag.verify(verifyingPk, delegatingPk, receivingPk));
 */
export function reencrypt(
  capsule: Capsule,
  kfrag: VerifiedKeyFrag,
  options: RandomOptions = {},
): VerifiedCapsuleFrag {
  const backend = options.backend ?? defaultBackend();
  const { e, v } = partsOfCapsule(capsule);
  const { rk, id, precursor, commitment, signatureForReceiver } = partsOfKeyFrag(kfrag);
  const tau = randomScalar(options.rng ?? systemRng);
  const parts = {
    e1: backend.mulSecret(e, rk),
    v1: backend.mulSecret(v, rk),
    kfragId: id,
    precursor,
    e2: backend.mulSecret(e, tau),
    v2: backend.mulSecret(v, tau),
    commitment,
    u2: backend.mulU(tau),
  };
  const z = addScalars(tau, multiplyScalars(rk, challengeOf(capsule, parts)));
  return ownCapsuleFrag({ ...parts, z, kfragSignature: signatureForReceiver });
}

/**
 * Decrypts with the delegatee's key and the proxies' cfrags.
 *
 * (Delegatee side.) Any `threshold` cfrags or more, in any order.
 *
 * @param vcfrags - From {@link CapsuleFrag.verify}; unverified ones do not type-check.
 * @throws {@link CryptoError} `CFRAGS_EMPTY`; `CFRAGS_MISMATCHED` when they are of several
 * delegations; `CFRAGS_REPEATED`; `CFRAGS_INSUFFICIENT` when they are too few, or not for these keys
 * and this capsule; `CIPHERTEXT_TOO_SHORT`; `DECRYPTION_FAILED`. Cost for t cfrags: 2t + 4
 * multiplications.
 * @see docs/protocol.md §4.4
 */
export function decryptReencrypted(
  receivingSk: SecretKey,
  delegatingPk: PublicKey,
  capsule: Capsule,
  vcfrags: readonly VerifiedCapsuleFrag[],
  ciphertext: Uint8Array,
  options: BackendOptions = {},
): Uint8Array {
  const keySeed = decapsulateReencrypted(receivingSk, delegatingPk, capsule, vcfrags, options);
  return openWithSeed(keySeed, ciphertext, capsule.toBytesSimple());
}
