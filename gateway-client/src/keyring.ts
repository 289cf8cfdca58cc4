/**
 * A user's keys: all derived from one 32-byte seed, used here and never given out.
 * See docs/protocol.md §3.
 *
 * @module
 */
import {
  decryptOriginal,
  decryptReencrypted,
  generateKFrags,
  openBox,
  sealBox,
  SecretKey,
  SecretKeyFactory,
  shareSecretKey,
  Signer,
  systemRng,
  type Capsule,
  type PublicKey,
  type Rng,
  type SharedKey,
  type SharingShape,
  type VerifiedCapsuleFrag,
  type VerifiedKeyFrag,
} from '@emr-share/crypto';
import {
  EmrError,
  signedBytes,
  type CanonicalValue,
  type ScopeId,
  type SignatureTag,
} from '@emr-share/model';
import { bytesToHex, hmac, sha256, utf8ToBytes } from './bytes.js';

const SEED_BYTES = 32;
const LABELS = {
  verifying: utf8ToBytes('emr-share/verifying/v1'),
  reader: utf8ToBytes('emr-share/reader/v1'),
  uploadTag: utf8ToBytes('emr-share/upload-tag/v1'),
  scope: (scopeId: ScopeId) => utf8ToBytes(`emr-share/scope/v1/${scopeId}`),
} as const;

/** What {@link Keyring.delegate} needs to know. */
export interface Delegation {
  readonly scopeId: ScopeId;
  /** The delegatee's reader key. */
  readonly delegateePk: PublicKey;
  /** `t`: how many fragments are needed. */
  readonly threshold: number;
  /** `n`: how many fragments to make. */
  readonly shares: number;
}

/** A seed that a threshold of share holders can bring back. */
export interface Escrow extends SharedKey {
  /** The seed, sealed to the public key that is shared. */
  readonly seed: Uint8Array;
}

/** A capsule with what the delegatee got for it from the custodians. */
export interface Reencryption {
  readonly delegatingPk: PublicKey;
  readonly capsule: Capsule;
  readonly cfrags: readonly VerifiedCapsuleFrag[];
  readonly encryptedDek: Uint8Array;
}

/**
 * The keys of one user (`SK`/`PK` in the paper): a verifying pair, a reader pair, and one scope pair
 * for each scope. Secret keys leave it only as what was computed with them, and it prints as
 * `Keyring:…`, in JSON too.
 */
export class Keyring {
  readonly #factory: SecretKeyFactory;
  readonly #signer: Signer;
  readonly #reader: SecretKey;
  readonly #uploadSecret: Uint8Array;
  readonly #seed: Uint8Array;
  readonly #rng: Rng;

  private constructor(seed: Uint8Array, rng: Rng) {
    this.#seed = Uint8Array.from(seed);
    this.#factory = SecretKeyFactory.fromSecureRandomness(seed);
    this.#signer = new Signer(this.#factory.makeKey(LABELS.verifying));
    this.#reader = this.#factory.makeKey(LABELS.reader);
    this.#uploadSecret = this.#factory.makeSecret(LABELS.uploadTag);
    this.#rng = rng;
  }

  /**
   * Derives the keyring of a seed. The same seed always gives the same keys.
   *
   * @param seed - 32 bytes from a cryptographic generator; the keystore keeps them.
   * @param options - `rng`: for signatures and fragments; default the platform's. Test use only.
   * @throws EmrError `INPUT_INVALID` for another length.
   */
  static fromSeed(seed: Uint8Array, options: { readonly rng?: Rng | undefined } = {}): Keyring {
    if (seed.length !== SEED_BYTES) {
      const problem = `expected ${SEED_BYTES} bytes, got ${seed.length}`;
      throw new EmrError('INPUT_INVALID', { what: 'the seed', problem });
    }
    return new Keyring(seed, options.rng ?? systemRng);
  }

  /** A keyring that lives as long as the process. Everything sealed to it is lost with it. */
  static random(options: { readonly rng?: Rng | undefined } = {}): Keyring {
    return Keyring.fromSeed((options.rng ?? systemRng)(SEED_BYTES), options);
  }

  /** Checks this user's signatures. */
  get verifyingPk(): PublicKey {
    return this.#signer.verifyingKey();
  }

  /** Grants to this user delegate to this key. */
  get readerPk(): PublicKey {
    return this.#reader.publicKey();
  }

  get verifyingKeyHex(): string {
    return bytesToHex(this.verifyingPk.toCompressedBytes());
  }

  get readerKeyHex(): string {
    return bytesToHex(this.readerPk.toCompressedBytes());
  }

  /** The delegating public key of one of this user's scopes: one multiplication. */
  scopeKeyHex(scopeId: ScopeId): string {
    return bytesToHex(this.#scopeSk(scopeId).publicKey().toCompressedBytes());
  }

  /** Signs `body` under `tag`. @returns r ‖ s, 64 bytes as hex, low-S. */
  sign(tag: SignatureTag, body: CanonicalValue): string {
    const signature = this.#signer.sign(signedBytes(tag, body), { rng: this.#rng });
    return bytesToHex(signature.toBEBytes());
  }

  /**
   * Splits the re-encryption key (`RK`) from a scope of this user to a delegatee.
   *
   * (Delegator side.) Both keys are signed into the fragments, so that a custodian can check them.
   * Fragment `i` goes to custodian `i` and to nobody else.
   */
  delegate(delegation: Delegation): VerifiedKeyFrag[] {
    return generateKFrags(
      this.#scopeSk(delegation.scopeId),
      delegation.delegateePk,
      this.#signer,
      delegation.threshold,
      delegation.shares,
      true,
      true,
      { rng: this.#rng },
    );
  }

  /**
   * Shares the secret key of a scope of this user, for readers who are not known yet.
   *
   * (Delegator side.) Share `i` goes to custodian `i` and to nobody else; the commitments are public.
   */
  shareScope(scopeId: ScopeId, shape: SharingShape): SharedKey {
    return shareSecretKey(this.#scopeSk(scopeId), shape, { rng: this.#rng });
  }

  /**
   * Seals the seed to a key pair of its own, shares the secret half and forgets it.
   *
   * @param context - What the sealed seed is bound to.
   */
  escrow(shape: SharingShape, context: Uint8Array): Escrow {
    const options = { rng: this.#rng };
    const secretKey = SecretKey.random(options);
    const seed = sealBox(secretKey.publicKey(), this.#seed, { context, ...options });
    return { seed, ...shareSecretKey(secretKey, shape, options) };
  }

  /** Opens a key wrap made for one of this user's own scopes. Throws `CryptoError`. */
  openOwn(scopeId: ScopeId, capsule: Capsule, encryptedDek: Uint8Array): Uint8Array {
    return decryptOriginal(this.#scopeSk(scopeId), capsule, encryptedDek);
  }

  /** Opens a key wrap that custodians re-encrypted to this reader. Throws `CryptoError`. */
  openReencrypted(reencryption: Reencryption): Uint8Array {
    const { delegatingPk, capsule, cfrags, encryptedDek } = reencryption;
    return decryptReencrypted(this.#reader, delegatingPk, capsule, [...cfrags], encryptedDek);
  }

  /** Opens a box that was sealed to this reader for `context`. Throws `CryptoError`. */
  openSealed(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return openBox(this.#reader, sealed, { context });
  }

  /**
   * HMAC-SHA256 under a secret that only this user's uploads use: tells the user's own devices that
   * two uploads are the same, and nobody else anything.
   */
  uploadMac(message: Uint8Array): Uint8Array {
    return hmac(sha256, this.#uploadSecret, message);
  }

  toString(): string {
    return `Keyring:${this.verifyingKeyHex.slice(0, 16)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  #scopeSk(scopeId: ScopeId): SecretKey {
    return this.#factory.makeKey(LABELS.scope(scopeId));
  }
}
