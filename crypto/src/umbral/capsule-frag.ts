/**
 * Capsule fragments: a proxy's answer, with its proof of correct re-encryption.
 *
 * @module
 */
import { assertLength, concatBytes, equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, GroupBackend } from '../group/group-backend.js';
import { POINT_SIZE_BYTES } from '../group/point.js';
import type { Point } from '../group/point.js';
import {
  SCALAR_SIZE_BYTES,
  negateScalar,
  scalarFromBytes,
  scalarToBytes,
} from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { partsOfCapsule } from './capsule.js';
import type { Capsule } from './capsule.js';
import { KFRAG_ID_SIZE_BYTES } from './key-frag.js';
import { pointOf } from './keys.js';
import type { PublicKey } from './keys.js';
import { MessagePackReader, packArray, packBytes } from './message-pack.js';
import { Opaque, describe } from './opaque.js';
import { GENERATOR_U } from './params.js';
import { SIGNATURE_SIZE_BYTES } from './signature-bytes.js';
import { Signature } from './signature.js';
import { hashCfragProof, kfragMessage } from './transcript.js';

/** The parts of a cfrag, in the protocol's letters. All are public. */
export interface CapsuleFragParts {
  readonly e1: Point;
  readonly v1: Point;
  readonly kfragId: Uint8Array;
  readonly precursor: Point;
  readonly e2: Point;
  readonly v2: Point;
  /** U1, the kfrag's commitment. */
  readonly commitment: Point;
  readonly u2: Point;
  readonly z: Scalar;
  /** The delegator's, over the kfrag and both keys. */
  readonly kfragSignature: Signature;
}

/** Byte lengths of the fields, in order: the first four are the cfrag, the rest its proof. */
const FRAG_FIELDS = [POINT_SIZE_BYTES, POINT_SIZE_BYTES, KFRAG_ID_SIZE_BYTES, POINT_SIZE_BYTES];
const PROOF_FIELDS = [
  ...Array.from({ length: 4 }, () => POINT_SIZE_BYTES),
  SCALAR_SIZE_BYTES,
  SIGNATURE_SIZE_BYTES,
];
const FIELDS = [...FRAG_FIELDS, ...PROOF_FIELDS];
const SIMPLE_SIZE_BYTES = FIELDS.reduce((sum, length) => sum + length, 0);

let readParts: (cfrag: VerifiedCapsuleFrag) => CapsuleFragParts;
let admitCapsuleFrag: (parts: CapsuleFragParts) => CapsuleFrag;
let admitVerified: (cfrag: CapsuleFrag) => VerifiedCapsuleFrag;

/**
 * A cfrag that somebody sent. It opens nothing until {@link CapsuleFrag.verify} has passed.
 *
 * @see docs/protocol.md §4.4
 */
export class CapsuleFrag extends Opaque {
  readonly #parts: CapsuleFragParts;

  private constructor(parts: CapsuleFragParts) {
    super();
    this.#parts = parts;
  }

  static {
    admitCapsuleFrag = (parts) => new CapsuleFrag(parts);
    readParts = (verified) => verified.unverify().#parts;
  }

  /**
   * Decodes a cfrag; its proof is not checked yet.
   *
   * @param data - 381 bytes, MessagePack.
   * @throws {@link CryptoError} `ENCODING_INVALID`, `POINT_INVALID`, `SCALAR_INVALID`,
   * `SIGNATURE_INVALID`.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): CapsuleFrag {
    const reader = new MessagePackReader(data, 'cfrag');
    reader.array(FRAG_FIELDS.length + 1);
    const frag = FRAG_FIELDS.map((length) => reader.bytes(length));
    reader.array(PROOF_FIELDS.length);
    const proof = PROOF_FIELDS.map((length) => reader.bytes(length));
    reader.end();
    return new CapsuleFrag(decodeFields([...frag, ...proof], options));
  }

  /**
   * Decodes the form without framing.
   *
   * @param data - 359 bytes.
   * @throws {@link CryptoError} As {@link CapsuleFrag.fromBytes}, and `LENGTH_INVALID`.
   */
  static fromBytesSimple(data: Uint8Array, options: BackendOptions = {}): CapsuleFrag {
    assertLength(data, SIMPLE_SIZE_BYTES, 'cfrag');
    let offset = 0;
    const fields = FIELDS.map((length) => {
      offset += length;
      return Uint8Array.from(data.subarray(offset - length, offset));
    });
    return new CapsuleFrag(decodeFields(fields, options));
  }

  /**
   * Checks that a proxy re-encrypted this capsule with a kfrag that the delegator made for these keys.
   *
   * (Delegatee side, or any auditor: all inputs are public.) A cfrag that fails convicts the proxy
   * that sent it.
   *
   * @param verifyingPk - The delegator's signing key, from a source that the checker trusts.
   * @throws {@link CryptoError} `CFRAG_INVALID`. Cost: one ECDSA verification, 6 multiplications.
   */
  verify(
    capsule: Capsule,
    verifyingPk: PublicKey,
    delegatingPk: PublicKey,
    receivingPk: PublicKey,
    options: BackendOptions = {},
  ): VerifiedCapsuleFrag {
    const message = cfragMessage(this.#parts, delegatingPk, receivingPk);
    if (!this.#parts.kfragSignature.verify(verifyingPk, message, options)) {
      throw invalidCfrag('its kfrag is not signed by this verifying key for these keys');
    }
    if (!isProven(capsule, this.#parts, options.backend ?? defaultBackend())) {
      throw invalidCfrag('not a correct re-encryption of this capsule');
    }
    return admitVerified(this);
  }

  /**
   * Takes the cfrag as verified although it is **not**. For data whose verified form this same
   * process stored, under integrity protection, and reads back. Without the check, one wrong cfrag
   * spoils a decryption and nothing tells whose it was.
   */
  skipVerification(): VerifiedCapsuleFrag {
    return admitVerified(this);
  }

  /** MessagePack, 381 bytes. */
  toBytes(): Uint8Array {
    const fields = encodeFields(this.#parts).map(packBytes);
    const proof = packArray(...fields.slice(FRAG_FIELDS.length));
    return packArray(...fields.slice(0, FRAG_FIELDS.length), proof);
  }

  /** The fields without framing: 359 bytes. */
  toBytesSimple(): Uint8Array {
    return concatBytes(...encodeFields(this.#parts));
  }

  equals(other: CapsuleFrag): boolean {
    return equalBytes(this.toBytesSimple(), other.toBytesSimple());
  }

  toString(): string {
    return describe('CapsuleFrag', this.#parts.kfragId);
  }
}

/** A cfrag whose proof has been checked, or that its proxy has just made. */
export class VerifiedCapsuleFrag extends Opaque {
  readonly #cfrag: CapsuleFrag;

  private constructor(cfrag: CapsuleFrag) {
    super();
    this.#cfrag = cfrag;
  }

  static {
    admitVerified = (cfrag) => new VerifiedCapsuleFrag(cfrag);
  }

  /** The same cfrag as its receiver gets it: to be verified. */
  unverify(): CapsuleFrag {
    return this.#cfrag;
  }

  /** The same bytes as {@link CapsuleFrag.toBytes}; they decode to the unverified type only. */
  toBytes(): Uint8Array {
    return this.#cfrag.toBytes();
  }

  toBytesSimple(): Uint8Array {
    return this.#cfrag.toBytesSimple();
  }

  equals(other: VerifiedCapsuleFrag): boolean {
    return this.#cfrag.equals(other.#cfrag);
  }

  toString(): string {
    return `Verified${this.#cfrag.toString()}`;
  }
}

/** The parts of a cfrag. For this package's protocols; not exported from it. */
export const partsOfCapsuleFrag = (cfrag: VerifiedCapsuleFrag): CapsuleFragParts =>
  readParts(cfrag);

/** A cfrag that this process made itself. For this package's protocols; not exported from it. */
export const ownCapsuleFrag = (parts: CapsuleFragParts): VerifiedCapsuleFrag =>
  admitVerified(admitCapsuleFrag(parts));

/** The message of the delegator's signature in a cfrag: always with both keys. */
export const cfragMessage = (
  parts: CapsuleFragParts,
  delegatingPk: PublicKey,
  receivingPk: PublicKey,
): Uint8Array =>
  kfragMessage(
    parts.kfragId,
    parts.commitment,
    parts.precursor,
    pointOf(delegatingPk),
    pointOf(receivingPk),
  );

/** The challenge of a cfrag's proof. */
export function challengeOf(
  capsule: Capsule,
  parts: Omit<CapsuleFragParts, 'z' | 'kfragSignature'>,
): Scalar {
  const { e, v } = partsOfCapsule(capsule);
  const { e1, e2, v1, v2, commitment, u2 } = parts;
  return hashCfragProof([e, e1, e2, v, v1, v2, GENERATOR_U, commitment, u2]);
}

/** Whether z·E = E2 + h·E1, and the same of V and u: one exponent re-encrypted all three. */
function isProven(capsule: Capsule, parts: CapsuleFragParts, backend: GroupBackend): boolean {
  const { e, v } = partsOfCapsule(capsule);
  const minusH = negateScalar(challengeOf(capsule, parts));
  const holds = (base: Point, image: Point, nonceImage: Point): boolean =>
    backend
      .mulPublic([
        [parts.z, base],
        [minusH, image],
      ])
      ?.equals(nonceImage) === true;
  return (
    holds(e, parts.e1, parts.e2) &&
    holds(v, parts.v1, parts.v2) &&
    holds(GENERATOR_U, parts.commitment, parts.u2)
  );
}

function encodeFields(parts: CapsuleFragParts): Uint8Array[] {
  return [
    parts.e1.toCompressedBytes(),
    parts.v1.toCompressedBytes(),
    parts.kfragId,
    parts.precursor.toCompressedBytes(),
    parts.e2.toCompressedBytes(),
    parts.v2.toCompressedBytes(),
    parts.commitment.toCompressedBytes(),
    parts.u2.toCompressedBytes(),
    scalarToBytes(parts.z),
    parts.kfragSignature.toBEBytes(),
  ];
}

function decodeFields(fields: readonly Uint8Array[], options: BackendOptions): CapsuleFragParts {
  const backend = options.backend ?? defaultBackend();
  const [e1, v1, kfragId, precursor, e2, v2, commitment, u2, z, kfragSignature] =
    fields as FieldBytes;
  return {
    e1: backend.decodePoint(e1),
    v1: backend.decodePoint(v1),
    kfragId,
    precursor: backend.decodePoint(precursor),
    e2: backend.decodePoint(e2),
    v2: backend.decodePoint(v2),
    commitment: backend.decodePoint(commitment),
    u2: backend.decodePoint(u2),
    z: scalarFromBytes(z, 'cfrag'),
    kfragSignature: Signature.fromBEBytes(kfragSignature),
  };
}

/** One entry for each of {@link FIELDS}. */
type FieldBytes = readonly [
  e1: Uint8Array,
  v1: Uint8Array,
  kfragId: Uint8Array,
  precursor: Uint8Array,
  e2: Uint8Array,
  v2: Uint8Array,
  commitment: Uint8Array,
  u2: Uint8Array,
  z: Uint8Array,
  kfragSignature: Uint8Array,
];

function invalidCfrag(reason: string): CryptoError {
  return new CryptoError('CFRAG_INVALID', `cfrag: ${reason}`);
}
