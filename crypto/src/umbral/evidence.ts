/**
 * Evidence of one re-encryption, prepared for a judge with little arithmetic of its own.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, GroupBackend } from '../group/group-backend.js';
import { POINT_SIZE_BYTES } from '../group/point.js';
import type { Point } from '../group/point.js';
import type { Scalar } from '../group/scalar.js';
import { cfragMessage, challengeOf, partsOfCapsuleFrag } from './capsule-frag.js';
import type { CapsuleFragParts, VerifiedCapsuleFrag } from './capsule-frag.js';
import { partsOfCapsule } from './capsule.js';
import type { Capsule } from './capsule.js';
import { pointOf } from './keys.js';
import type { PublicKey } from './keys.js';
import { MessagePackReader, packArray, packBoolean, packBytes } from './message-pack.js';
import { Opaque, describe } from './opaque.js';
import { GENERATOR_U } from './params.js';
import type { Signature } from './signature.js';

const DIGEST_SIZE_BYTES = 32;

/** The points in wire order: each base, its multiples by z and h, and the proof's points. */
const POINT_NAMES = [
  'e',
  'ez',
  'e1',
  'e1h',
  'e2',
  'v',
  'vz',
  'v1',
  'v1h',
  'v2',
  'uz',
  'u1',
  'u1h',
  'u2',
] as const;

type EvidencePoints = Readonly<Record<(typeof POINT_NAMES)[number], Point>>;

type EvidenceInputs = [
  capsule: Capsule,
  vcfrag: VerifiedCapsuleFrag,
  verifyingPk: PublicKey,
  delegatingPk: PublicKey,
  receivingPk: PublicKey,
  options?: BackendOptions | undefined,
];

interface EvidenceParts {
  readonly points: EvidencePoints;
  readonly kfragValidityMessageHash: Uint8Array;
  readonly kfragSignatureV: boolean;
}

/**
 * The points of a cfrag's proof with their products worked out, so that a judge (a smart contract)
 * only has to compare and add. Building it does not check the cfrag again; the type says that it was.
 */
export class ReencryptionEvidence extends Opaque {
  readonly #parts: EvidenceParts;

  /**
   * Works out the evidence.
   *
   * @throws {@link CryptoError} `SIGNATURE_INVALID` when the cfrag's kfrag was not signed by
   * `verifyingPk` for these keys. Cost: 6 multiplications, one or two signature recoveries.
   */
  constructor(
    capsule: Capsule,
    vcfrag: VerifiedCapsuleFrag,
    verifyingPk: PublicKey,
    delegatingPk: PublicKey,
    receivingPk: PublicKey,
    options?: BackendOptions,
  );
  /** Wraps decoded parts: for {@link ReencryptionEvidence.fromBytes}. */
  constructor(parts: EvidenceParts);
  constructor(...args: EvidenceInputs | [EvidenceParts]) {
    super();
    this.#parts = args.length === 1 ? args[0] : workOut(args);
  }

  /**
   * Decodes evidence: the form is checked, what it claims is not.
   *
   * @param data - 528 bytes, MessagePack.
   * @throws {@link CryptoError} `ENCODING_INVALID`, `POINT_INVALID`.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): ReencryptionEvidence {
    const backend = options.backend ?? defaultBackend();
    const reader = new MessagePackReader(data, 'evidence');
    reader.array(POINT_NAMES.length + 2);
    const encoded = POINT_NAMES.map((name) => [name, reader.bytes(POINT_SIZE_BYTES)] as const);
    const kfragValidityMessageHash = reader.bytes(DIGEST_SIZE_BYTES);
    const kfragSignatureV = reader.boolean();
    reader.end();
    const points = Object.fromEntries(
      encoded.map(([name, bytes]) => [name, backend.decodePoint(bytes)]),
    ) as EvidencePoints;
    return new ReencryptionEvidence({ points, kfragValidityMessageHash, kfragSignatureV });
  }

  /** MessagePack, 528 bytes. */
  toBytes(): Uint8Array {
    const { points, kfragValidityMessageHash, kfragSignatureV } = this.#parts;
    return packArray(
      ...POINT_NAMES.map((name) => packBytes(points[name].toCompressedBytes())),
      packBytes(kfragValidityMessageHash),
      packBoolean(kfragSignatureV),
    );
  }

  toString(): string {
    return describe('ReencryptionEvidence', this.#parts.kfragValidityMessageHash);
  }

  get e(): Point {
    return this.#parts.points.e;
  }

  get ez(): Point {
    return this.#parts.points.ez;
  }

  get e1(): Point {
    return this.#parts.points.e1;
  }

  get e1h(): Point {
    return this.#parts.points.e1h;
  }

  get e2(): Point {
    return this.#parts.points.e2;
  }

  get v(): Point {
    return this.#parts.points.v;
  }

  get vz(): Point {
    return this.#parts.points.vz;
  }

  get v1(): Point {
    return this.#parts.points.v1;
  }

  get v1h(): Point {
    return this.#parts.points.v1h;
  }

  get v2(): Point {
    return this.#parts.points.v2;
  }

  get uz(): Point {
    return this.#parts.points.uz;
  }

  get u1(): Point {
    return this.#parts.points.u1;
  }

  get u1h(): Point {
    return this.#parts.points.u1h;
  }

  get u2(): Point {
    return this.#parts.points.u2;
  }

  /** SHA-256 of what the delegator signed: kfrag ID, U1, precursor and both keys. */
  get kfragValidityMessageHash(): Uint8Array {
    return this.#parts.kfragValidityMessageHash.slice();
  }

  /** The recovery bit of the delegator's signature. */
  get kfragSignatureV(): boolean {
    return this.#parts.kfragSignatureV;
  }
}

function workOut([
  capsule,
  vcfrag,
  verifyingPk,
  delegatingPk,
  receivingPk,
  options,
]: EvidenceInputs): EvidenceParts {
  const backend = options?.backend ?? defaultBackend();
  const cfrag = partsOfCapsuleFrag(vcfrag);
  const digest = sha256(cfragMessage(cfrag, delegatingPk, receivingPk));
  return {
    points: workOutPoints(capsule, cfrag, backend),
    kfragValidityMessageHash: digest,
    kfragSignatureV: recoveryBit(cfrag.kfragSignature, digest, verifyingPk, backend),
  };
}

function workOutPoints(
  capsule: Capsule,
  cfrag: CapsuleFragParts,
  backend: GroupBackend,
): EvidencePoints {
  const { e, v } = partsOfCapsule(capsule);
  const { e1, v1, e2, v2, commitment: u1, u2, z } = cfrag;
  const h = challengeOf(capsule, cfrag);
  const times = (scalar: Scalar, point: Point): Point => {
    const multiple = backend.mulPublic([[scalar, point]]);
    if (multiple === null) throw new CryptoError('CFRAG_INVALID', 'cfrag: its proof has z = 0');
    return multiple;
  };
  return {
    ...{ e, ez: times(z, e), e1, e1h: times(h, e1), e2 },
    ...{ v, vz: times(z, v), v1, v1h: times(h, v1), v2 },
    ...{ uz: times(z, GENERATOR_U), u1, u1h: times(h, u1), u2 },
  };
}

function recoveryBit(
  signature: Signature,
  digest: Uint8Array,
  verifyingPk: PublicKey,
  backend: GroupBackend,
): boolean {
  const bytes = signature.toBEBytes();
  const signer = pointOf(verifyingPk);
  const recoveryId = [0, 1].find(
    (id) => backend.ecdsaRecover(bytes, id, digest)?.equals(signer) === true,
  );
  if (recoveryId === undefined) {
    throw new CryptoError(
      'SIGNATURE_INVALID',
      'cfrag: its kfrag is not signed by this verifying key for these keys',
    );
  }
  return recoveryId === 1;
}
