/**
 * Key fragments: what the delegator gives to each proxy.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions } from '../group/group-backend.js';
import { POINT_SIZE_BYTES } from '../group/point.js';
import type { Point } from '../group/point.js';
import { SCALAR_SIZE_BYTES, nonZeroScalarFromBytes, scalarToBytes } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { pointOf } from './keys.js';
import type { PublicKey } from './keys.js';
import { MessagePackReader, packArray, packBoolean, packBytes } from './message-pack.js';
import { Opaque, describe } from './opaque.js';
import { GENERATOR_U } from './params.js';
import { SIGNATURE_SIZE_BYTES } from './signature-bytes.js';
import { Signature } from './signature.js';
import { kfragMessage } from './transcript.js';

/** The length of the random identifier of a kfrag and of its cfrags. */
export const KFRAG_ID_SIZE_BYTES = 32;

/** The parts of a kfrag. `rk` is secret: `t` of them and the delegatee's key open the scope. */
export interface KeyFragParts {
  readonly id: Uint8Array;
  readonly rk: Scalar;
  readonly precursor: Point;
  /** U1 = rk·u. */
  readonly commitment: Point;
  readonly signatureForProxy: Signature;
  readonly signatureForReceiver: Signature;
  readonly delegatingKeySigned: boolean;
  readonly receivingKeySigned: boolean;
}

let readParts: (kfrag: VerifiedKeyFrag) => KeyFragParts;
let admitKeyFrag: (parts: KeyFragParts) => KeyFrag;
let admitVerified: (kfrag: KeyFrag) => VerifiedKeyFrag;

/**
 * A kfrag that somebody sent. It does nothing until {@link KeyFrag.verify} has passed.
 *
 * @see docs/protocol.md §4.3
 */
export class KeyFrag extends Opaque {
  readonly #parts: KeyFragParts;

  private constructor(parts: KeyFragParts) {
    super();
    this.#parts = parts;
  }

  static {
    admitKeyFrag = (parts) => new KeyFrag(parts);
    readParts = (verified) => verified.unverify().#parts;
  }

  /**
   * Decodes a kfrag; its signature is not checked yet.
   *
   * @param data - 310 bytes, MessagePack.
   * @throws {@link CryptoError} `ENCODING_INVALID`, `POINT_INVALID`, `SCALAR_INVALID`,
   * `SIGNATURE_INVALID`; `KFRAG_INVALID` for parameters other than Umbral's, with which an honest
   * proxy's answer would fail its check.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): KeyFrag {
    const backend = options.backend ?? defaultBackend();
    const reader = new MessagePackReader(data, 'kfrag');
    reader.array(5);
    reader.array(1);
    const generator = reader.bytes(POINT_SIZE_BYTES);
    const id = reader.bytes(KFRAG_ID_SIZE_BYTES);
    const rk = reader.bytes(SCALAR_SIZE_BYTES);
    const precursor = reader.bytes(POINT_SIZE_BYTES);
    reader.array(5);
    const commitment = reader.bytes(POINT_SIZE_BYTES);
    const signatureForProxy = reader.bytes(SIGNATURE_SIZE_BYTES);
    const signatureForReceiver = reader.bytes(SIGNATURE_SIZE_BYTES);
    const delegatingKeySigned = reader.boolean();
    const receivingKeySigned = reader.boolean();
    reader.end();
    if (!equalBytes(generator, GENERATOR_U.toCompressedBytes())) {
      throw invalidKfrag('made for other parameters than Umbral’s generator u');
    }
    return new KeyFrag({
      id,
      rk: nonZeroScalarFromBytes(rk, 'kfrag'),
      precursor: backend.decodePoint(precursor),
      commitment: backend.decodePoint(commitment),
      signatureForProxy: Signature.fromBEBytes(signatureForProxy),
      signatureForReceiver: Signature.fromBEBytes(signatureForReceiver),
      delegatingKeySigned,
      receivingKeySigned,
    });
  }

  /**
   * Checks that the delegator made this kfrag, for these keys, and that it is whole.
   *
   * (Proxy side.) Once, at receipt. The proxy learns whose delegation it serves, and nothing secret
   * but its own share. Keys given although the kfrag does not sign them are not checked. When it signs
   * both, the signature meant for the delegatee is checked too: a delegator could otherwise hand out
   * a kfrag whose answers fail their check, and so frame an honest proxy.
   *
   * @param verifyingPk - The delegator's signing key, from a source that the proxy trusts.
   * @param delegatingPk - Required when the kfrag signs it.
   * @param receivingPk - Required when the kfrag signs it.
   * @throws {@link CryptoError} `KFRAG_INVALID`. Cost: one multiplication, one or two ECDSA
   * verifications.
   */
  verify(
    verifyingPk: PublicKey,
    delegatingPk?: PublicKey | null,
    receivingPk?: PublicKey | null,
    options: BackendOptions = {},
  ): VerifiedKeyFrag {
    const backend = options.backend ?? defaultBackend();
    const { id, rk, precursor, commitment, delegatingKeySigned, receivingKeySigned } = this.#parts;
    const delegating = signedPoint(delegatingKeySigned, delegatingPk, 'delegating');
    const receiving = signedPoint(receivingKeySigned, receivingPk, 'receiving');
    const message = kfragMessage(id, commitment, precursor, delegating, receiving);
    const isSignedBy = (signature: Signature): boolean =>
      signature.verify(verifyingPk, message, options);
    if (!backend.mulU(rk).equals(commitment)) {
      throw invalidKfrag('its secret does not match its commitment');
    }
    if (!isSignedBy(this.#parts.signatureForProxy)) {
      throw invalidKfrag('not signed by this verifying key for these keys');
    }
    const coversBothKeys = delegatingKeySigned && receivingKeySigned;
    if (coversBothKeys && !isSignedBy(this.#parts.signatureForReceiver)) {
      throw invalidKfrag('its signature for the delegatee is wrong');
    }
    return admitVerified(this);
  }

  /**
   * Takes the kfrag as verified although it is **not**. For data whose verified form this same
   * process stored, under integrity protection, and reads back. A proxy that skips the check on a
   * kfrag from outside can be made to give answers that convict it.
   */
  skipVerification(): VerifiedKeyFrag {
    return admitVerified(this);
  }

  /** MessagePack, 310 bytes. Contains the secret share: seal it before it leaves the process. */
  toBytes(): Uint8Array {
    const parts = this.#parts;
    return packArray(
      packArray(packBytes(GENERATOR_U.toCompressedBytes())),
      packBytes(parts.id),
      packBytes(scalarToBytes(parts.rk)),
      packBytes(parts.precursor.toCompressedBytes()),
      packArray(
        packBytes(parts.commitment.toCompressedBytes()),
        packBytes(parts.signatureForProxy.toBEBytes()),
        packBytes(parts.signatureForReceiver.toBEBytes()),
        packBoolean(parts.delegatingKeySigned),
        packBoolean(parts.receivingKeySigned),
      ),
    );
  }

  equals(other: KeyFrag): boolean {
    return equalBytes(this.toBytes(), other.toBytes());
  }

  toString(): string {
    return describe('KeyFrag', this.#parts.id);
  }
}

/** A kfrag whose origin has been checked, or that its delegator has just made. */
export class VerifiedKeyFrag extends Opaque {
  readonly #kfrag: KeyFrag;

  private constructor(kfrag: KeyFrag) {
    super();
    this.#kfrag = kfrag;
  }

  static {
    admitVerified = (kfrag) => new VerifiedKeyFrag(kfrag);
  }

  /** The same kfrag as its receiver gets it: to be verified. */
  unverify(): KeyFrag {
    return this.#kfrag;
  }

  /** The same bytes as {@link KeyFrag.toBytes}; they decode to the unverified type only. */
  toBytes(): Uint8Array {
    return this.#kfrag.toBytes();
  }

  equals(other: VerifiedKeyFrag): boolean {
    return this.#kfrag.equals(other.#kfrag);
  }

  toString(): string {
    return `Verified${this.#kfrag.toString()}`;
  }
}

/** The parts of a kfrag. For this package's protocols; not exported from it. */
export const partsOfKeyFrag = (kfrag: VerifiedKeyFrag): KeyFragParts => readParts(kfrag);

/** A kfrag that this process made itself. For this package's protocols; not exported from it. */
export const ownKeyFrag = (parts: KeyFragParts): VerifiedKeyFrag =>
  admitVerified(admitKeyFrag(parts));

function signedPoint(
  isSigned: boolean,
  publicKey: PublicKey | null | undefined,
  label: string,
): Point | null {
  if (!isSigned) return null;
  if (publicKey === null || publicKey === undefined) {
    throw invalidKfrag(`it signs the ${label} key: pass that key`);
  }
  return pointOf(publicKey);
}

function invalidKfrag(reason: string): CryptoError {
  return new CryptoError('KFRAG_INVALID', `kfrag: ${reason}`);
}
