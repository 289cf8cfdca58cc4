/**
 * The keys of one seed. See docs/protocol.md §3.
 *
 * @module
 */
import {
  openBox,
  SecretKeyFactory,
  Signer,
  type PublicKey,
  type SecretKey,
} from '@emr-share/crypto';
import type { ScopeId } from '@emr-share/model';
import { bytesToHex, utf8ToBytes } from './bytes.js';

/** Size of a seed. */
export const SEED_BYTES = 32;

const LABELS = {
  verifying: utf8ToBytes('emr-share/verifying/v1'),
  reader: utf8ToBytes('emr-share/reader/v1'),
  uploadTag: utf8ToBytes('emr-share/upload-tag/v1'),
  formerSeed: utf8ToBytes('emr-share/former-seed/v1'),
  scope: (scopeId: ScopeId) => utf8ToBytes(`emr-share/scope/v1/${scopeId}`),
} as const;

/** What a keyring derives from one of its seeds. Secret: it stays within the keyring. */
export class SeedKeys {
  readonly seed: Uint8Array;
  readonly signer: Signer;
  readonly reader: SecretKey;
  readonly readerKeyHex: string;
  readonly uploadSecret: Uint8Array;
  readonly #factory: SecretKeyFactory;

  constructor(seed: Uint8Array) {
    this.seed = Uint8Array.from(seed);
    this.#factory = SecretKeyFactory.fromSecureRandomness(this.seed);
    this.signer = new Signer(this.#factory.makeKey(LABELS.verifying));
    this.reader = this.#factory.makeKey(LABELS.reader);
    this.readerKeyHex = bytesToHex(this.reader.publicKey().toCompressedBytes());
    this.uploadSecret = this.#factory.makeSecret(LABELS.uploadTag);
  }

  scopeSk(scopeId: ScopeId): SecretKey {
    return this.#factory.makeKey(LABELS.scope(scopeId));
  }

  scopeKeyHex(scopeId: ScopeId): string {
    return bytesToHex(this.scopeSk(scopeId).publicKey().toCompressedBytes());
  }

  /** The seed that this one has replaced is sealed to it. */
  get formerSeedPk(): PublicKey {
    return this.#factory.makeKey(LABELS.formerSeed).publicKey();
  }

  /** Opens the seed that this one has replaced. Throws `CryptoError`. */
  openFormerSeed(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return openBox(this.#factory.makeKey(LABELS.formerSeed), sealed, { context });
  }

  /** Opens a box that was sealed to the reader key. Throws `CryptoError`. */
  openSealed(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return openBox(this.reader, sealed, { context });
  }
}
