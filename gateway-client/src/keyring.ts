/**
 * A user's keys: all derived from one 32-byte seed, and from those that it has replaced; used here and
 * never given out. See docs/protocol.md §3.
 *
 * @module
 */
import {
  CryptoError,
  decryptOriginal,
  decryptReencrypted,
  generateKFrags,
  sealBox,
  SecretKey,
  shareSecretKey,
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
import { bytesToHex, hmac, sha256 } from './bytes.js';
import { SEED_BYTES, SeedKeys } from './seed-keys.js';

/** A scope, and which key of it is meant. */
export interface ScopeChoice {
  readonly scopeId: ScopeId;
  /** As published: it tells which seed the scope is under. Default: under the newest one. */
  readonly delegatingKey?: string | undefined;
}

/** What {@link Keyring.delegate} needs to know. */
export interface Delegation extends ScopeChoice {
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
  /** Reader key that the grant delegates to. Default: the newest one. */
  readonly readerKeyHex?: string | undefined;
}

export interface KeyringOptions {
  /** Seeds that the keyring has replaced, the oldest first. What is under them stays readable. */
  readonly earlier?: readonly Uint8Array[] | undefined;
  /** The seed of a rotation that has begun: the ledger may have its keys already. */
  readonly pending?: Uint8Array | undefined;
  /** For signatures and fragments; default the platform's. Test use only. */
  readonly rng?: Rng | undefined;
}

/**
 * The keys of one user (`SK`/`PK` in the paper): a verifying pair, a reader pair, and one scope pair
 * for each scope. Secret keys leave it only as what was computed with them, and it prints as
 * `Keyring:…`, in JSON too.
 */
export class Keyring {
  readonly #newest: SeedKeys;
  /** The newest first. */
  readonly #all: readonly SeedKeys[];
  readonly #pending: Uint8Array | undefined;
  readonly #rng: Rng;

  private constructor(seed: Uint8Array, { earlier = [], pending, rng }: KeyringOptions) {
    this.#newest = new SeedKeys(seed);
    this.#all = [this.#newest, ...earlier.map((one) => new SeedKeys(one)).reverse()];
    this.#pending = pending && Uint8Array.from(pending);
    this.#rng = rng ?? systemRng;
  }

  /**
   * Derives the keyring of a seed. The same seed always gives the same keys.
   *
   * @param seed - 32 bytes from a cryptographic generator; the keystore keeps them.
   * @throws EmrError `INPUT_INVALID` for another length.
   */
  static fromSeed(seed: Uint8Array, options: KeyringOptions = {}): Keyring {
    const { earlier = [], pending = seed } = options;
    const wrong = [seed, pending, ...earlier].find(({ length }) => length !== SEED_BYTES);
    if (wrong !== undefined) {
      const problem = `expected ${SEED_BYTES} bytes, got ${wrong.length}`;
      throw new EmrError('INPUT_INVALID', { what: 'the seed', problem });
    }
    return new Keyring(seed, options);
  }

  /** A keyring that lives as long as the process. Everything sealed to it is lost with it. */
  static random(options: { readonly rng?: Rng | undefined } = {}): Keyring {
    return Keyring.fromSeed((options.rng ?? systemRng)(SEED_BYTES), options);
  }

  /** How many seeds this one has replaced. */
  get number(): number {
    return this.#all.length - 1;
  }

  /** Whether a seed is the newest one. */
  isOf(seed: Uint8Array): boolean {
    return bytesToHex(seed) === bytesToHex(this.#newest.seed);
  }

  /** What takes this keyring's place once the ledger has its keys; `null` while no rotation is begun. */
  get pending(): Keyring | null {
    return this.#pending === undefined ? null : this.succeededBy(this.#pending);
  }

  /** The keyring of a new seed, for which this one's become earlier ones. */
  succeededBy(seed: Uint8Array): Keyring {
    const earlier = this.#all.map((keys) => keys.seed).reverse();
    return Keyring.fromSeed(seed, { earlier, rng: this.#rng });
  }

  /** This keyring, with a rotation begun. */
  withPending(seed: Uint8Array): Keyring {
    const [newest, ...earlier] = this.#all.map((keys) => keys.seed);
    return new Keyring(newest ?? seed, {
      earlier: earlier.reverse(),
      pending: seed,
      rng: this.#rng,
    });
  }

  /**
   * Seals the seed that the newest one has replaced to a key of the newest one.
   *
   * @throws EmrError `INPUT_INVALID` where it has replaced none.
   */
  sealFormerSeed(context: Uint8Array): Uint8Array {
    const [newest, former] = this.#all;
    if (newest === undefined || former === undefined) {
      throw new EmrError('INPUT_INVALID', {
        what: 'the keyring',
        problem: 'its seed is its first',
      });
    }
    return sealBox(newest.formerSeedPk, former.seed, { context, rng: this.#rng });
  }

  /** Checks this user's signatures. */
  get verifyingPk(): PublicKey {
    return this.#newest.signer.verifyingKey();
  }

  /** Grants to this user delegate to this key. */
  get readerPk(): PublicKey {
    return this.#newest.reader.publicKey();
  }

  get verifyingKeyHex(): string {
    return bytesToHex(this.verifyingPk.toCompressedBytes());
  }

  get readerKeyHex(): string {
    return bytesToHex(this.readerPk.toCompressedBytes());
  }

  /** The reader key, of whatever seed, that has this encoding; `null` where it is another user's. */
  ownReaderPk(readerKeyHex: string): PublicKey | null {
    return this.#readerOf(readerKeyHex)?.publicKey() ?? null;
  }

  /** The delegating public key of one of this user's scopes, under the newest seed: one multiplication. */
  scopeKeyHex(scopeId: ScopeId): string {
    return this.#newest.scopeKeyHex(scopeId);
  }

  /** Whether a published delegating key is that of this user's scope, under whatever seed. */
  derivesScope(scopeId: ScopeId, delegatingKey: string): boolean {
    return this.#all.some((keys) => keys.scopeKeyHex(scopeId) === delegatingKey);
  }

  /** Signs `body` under `tag`. @returns r ‖ s, 64 bytes as hex, low-S. */
  sign(tag: SignatureTag, body: CanonicalValue): string {
    const signature = this.#newest.signer.sign(signedBytes(tag, body), { rng: this.#rng });
    return bytesToHex(signature.toBEBytes());
  }

  /**
   * Splits the re-encryption key (`RK`) from a scope of this user to a delegatee.
   *
   * (Delegator side.) Both keys are signed into the fragments, so that a custodian can check them.
   * Fragment `i` goes to custodian `i` and to nobody else. They are signed with the newest key, under
   * whatever seed the scope is.
   *
   * @throws EmrError `SIGNATURE_INVALID` where no seed derives the delegating key that is named.
   */
  delegate(delegation: Delegation): VerifiedKeyFrag[] {
    return generateKFrags(
      this.#scopeSk(delegation),
      delegation.delegateePk,
      this.#newest.signer,
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
   *
   * @throws EmrError `SIGNATURE_INVALID` where no seed derives the delegating key that is named.
   */
  shareScope(scopeId: ScopeId, shape: SharingShape, delegatingKey?: string): SharedKey {
    const scopeSk = this.#scopeSk({ scopeId, delegatingKey });
    return shareSecretKey(scopeSk, shape, { rng: this.#rng });
  }

  /**
   * Seals the newest seed to a key pair of its own, shares the secret half and forgets it.
   *
   * @param context - What the sealed seed is bound to.
   */
  escrow(shape: SharingShape, context: Uint8Array): Escrow {
    const options = { rng: this.#rng };
    const secretKey = SecretKey.random(options);
    const seed = sealBox(secretKey.publicKey(), this.#newest.seed, { context, ...options });
    return { seed, ...shareSecretKey(secretKey, shape, options) };
  }

  /** Opens a key wrap made for one of this user's own scopes. Throws `CryptoError`. */
  openOwn(scopeId: ScopeId, capsule: Capsule, encryptedDek: Uint8Array): Uint8Array {
    return this.#firstThatOpens((keys) =>
      decryptOriginal(keys.scopeSk(scopeId), capsule, encryptedDek),
    );
  }

  /** Opens a key wrap that custodians re-encrypted to this reader. Throws `CryptoError`. */
  openReencrypted(reencryption: Reencryption): Uint8Array {
    const { delegatingPk, capsule, cfrags, encryptedDek, readerKeyHex = '' } = reencryption;
    const reader = this.#readerOf(readerKeyHex) ?? this.#newest.reader;
    return decryptReencrypted(reader, delegatingPk, capsule, [...cfrags], encryptedDek);
  }

  /** Opens a box that was sealed to this reader for `context`. Throws `CryptoError`. */
  openSealed(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return this.#firstThatOpens((keys) => keys.openSealed(sealed, context));
  }

  /**
   * HMAC-SHA256 under a secret that only this user's uploads use: tells the user's own devices that
   * two uploads are the same, and nobody else anything.
   */
  uploadMac(message: Uint8Array): Uint8Array {
    return hmac(sha256, this.#newest.uploadSecret, message);
  }

  toString(): string {
    return `Keyring:${this.verifyingKeyHex.slice(0, 16)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  #scopeSk({ scopeId, delegatingKey }: ScopeChoice): SecretKey {
    if (delegatingKey === undefined) return this.#newest.scopeSk(scopeId);
    const keys = this.#all.find((one) => one.scopeKeyHex(scopeId) === delegatingKey);
    if (keys === undefined) throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
    return keys.scopeSk(scopeId);
  }

  #readerOf(readerKeyHex: string): SecretKey | undefined {
    return this.#all.find((keys) => keys.readerKeyHex === readerKeyHex)?.reader;
  }

  /** With the newest keys, else with earlier ones. Throws what the oldest ones failed with. */
  #firstThatOpens<T>(open: (keys: SeedKeys) => T): T {
    for (const keys of this.#all.slice(0, -1)) {
      try {
        return open(keys);
      } catch (error) {
        if (!CryptoError.is(error)) throw error;
      }
    }
    return open(this.#all.at(-1) ?? this.#newest);
  }
}
