/**
 * One custodian's part of opening a capsule.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, assertLength, concatBytes, utf8ToBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import { GENERATOR_G } from '../group/generator-g.js';
import type { BackendOptions } from '../group/group-backend.js';
import { POINT_SIZE_BYTES } from '../group/point.js';
import type { Point } from '../group/point.js';
import {
  SCALAR_SIZE_BYTES,
  addScalars,
  multiplyScalars,
  negateScalar,
  nonZeroScalarFromBytes,
  randomScalar,
  scalarToBytes,
} from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import { sharedBase } from '../umbral/capsule.js';
import type { Capsule } from '../umbral/capsule.js';
import { pointOf } from '../umbral/keys.js';
import type { RandomOptions } from '../umbral/keys.js';
import { Opaque } from '../umbral/opaque.js';
import { hashToScalar } from '../umbral/transcript.js';
import type { ShareCommitments } from './commitments.js';
import { partsOfKeyShare } from './key-share.js';
import type { KeyShare } from './key-share.js';

/** A partial on the wire. */
export const PARTIAL_SIZE_BYTES = 1 + POINT_SIZE_BYTES + 2 * SCALAR_SIZE_BYTES;

const PROOF_TAG = utf8ToBytes('EMR-SHARE/PARTIAL-PROOF/V1');

interface PartialParts {
  readonly index: number;
  /** s_i·(E + V). */
  readonly point: Point;
  readonly challenge: Scalar;
  readonly response: Scalar;
}

/** What a verified partial was verified for. */
export interface VerifiedPartialParts {
  readonly index: number;
  readonly point: Point;
  readonly capsule: Capsule;
  readonly commitments: ShareCommitments;
}

let readVerified: (partial: VerifiedPartial) => VerifiedPartialParts;
let admitVerified: (parts: VerifiedPartialParts) => VerifiedPartial;

/**
 * A partial that somebody sent. It does nothing until {@link Partial.verify} has passed.
 *
 * @see docs/protocol.md §4.8
 */
export class Partial extends Opaque {
  readonly #parts: PartialParts;

  private constructor(parts: PartialParts) {
    super();
    this.#parts = parts;
  }

  /**
   * Decodes a partial; its proof is not checked yet.
   *
   * @param data - 98 bytes: index (1), point (33), challenge (32), response (32).
   * @throws {@link CryptoError} `LENGTH_INVALID`, `POINT_INVALID`, `SCALAR_INVALID`;
   * `PARTIAL_INVALID` for index 0.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): Partial {
    assertLength(data, PARTIAL_SIZE_BYTES, 'partial');
    const [index = 0] = data;
    if (index === 0) throw new CryptoError('PARTIAL_INVALID', 'partial: index 0');
    const scalarAt = (offset: number): Scalar =>
      nonZeroScalarFromBytes(data.subarray(offset, offset + SCALAR_SIZE_BYTES), 'partial');
    const scalars = 1 + POINT_SIZE_BYTES;
    return new Partial({
      index,
      point: (options.backend ?? defaultBackend()).decodePoint(data.slice(1, scalars)),
      challenge: scalarAt(scalars),
      response: scalarAt(scalars + SCALAR_SIZE_BYTES),
    });
  }

  /**
   * Computes a custodian's partial of a capsule, with the proof that it is the right one.
   *
   * (Custodian side.) The custodian learns nothing of what is encapsulated. `threshold` partials open
   * the capsule for whoever has them: seal each to the reader.
   *
   * @param context - Binds the proof to its occasion, the ticket for instance; any length.
   * @param options - `rng`: 32 bytes for the nonce of the proof. A nonce that is used twice gives the
   * share away; see {@link derivedRng} before giving anything but real randomness.
   * Cost: 3 multiplications, and `threshold` small ones.
   */
  static compute(
    share: KeyShare,
    capsule: Capsule,
    context: Uint8Array,
    options: RandomOptions = {},
  ): Partial {
    const backend = options.backend ?? defaultBackend();
    const { index, value, commitments } = partsOfKeyShare(share);
    const base = sharedBase(capsule, { backend });
    const nonce = randomScalar(options.rng ?? systemRng);
    const point = backend.mulSecret(base, value);
    const challenge = challengeOf({
      index,
      context,
      shareKey: pointOf(commitments.sharePublicKey(index, { backend })),
      base,
      point,
      nonceKey: backend.mulBase(nonce),
      noncePoint: backend.mulSecret(base, nonce),
    });
    const response = addScalars(nonce, multiplyScalars(challenge, value));
    // A response of zero cannot be written down; it comes up once in 2^256.
    if (response === 0n) return Partial.compute(share, capsule, context, { backend });
    return new Partial({ index, point, challenge, response });
  }

  /** Which custodian's it says it is. */
  get index(): number {
    return this.#parts.index;
  }

  /**
   * Checks that the custodian with this index computed it from its share, for this capsule on this
   * occasion (Chaum–Pedersen: the point has the same logarithm to E + V as the share's public key to
   * G).
   *
   * (Reader side.) A partial that fails convicts whoever signed or sealed it.
   *
   * @throws {@link CryptoError} `PARTIAL_INVALID`. Cost: 4 multiplications, and `threshold` small ones.
   */
  verify(
    capsule: Capsule,
    commitments: ShareCommitments,
    context: Uint8Array,
    options: BackendOptions = {},
  ): VerifiedPartial {
    const backend = options.backend ?? defaultBackend();
    const { index, point, challenge, response } = this.#parts;
    const base = sharedBase(capsule, { backend });
    const shareKey = pointOf(commitments.sharePublicKey(index, { backend }));
    const minus = negateScalar(challenge);
    const nonceKey = backend.mulPublic([
      [response, GENERATOR_G],
      [minus, shareKey],
    ]);
    const noncePoint = backend.mulPublic([
      [response, base],
      [minus, point],
    ]);
    if (nonceKey === null || noncePoint === null) throw wrongProof();
    const statement = { index, context, shareKey, base, point, nonceKey, noncePoint };
    if (challengeOf(statement) !== challenge) throw wrongProof();
    return admitVerified({ index, point, capsule, commitments });
  }

  /** As {@link Partial.fromBytes} reads it. Seal it to the reader. */
  toBytes(): Uint8Array {
    const { index, point, challenge, response } = this.#parts;
    return concatBytes(
      Uint8Array.of(index),
      point.toCompressedBytes(),
      scalarToBytes(challenge),
      scalarToBytes(response),
    );
  }

  toString(): string {
    return `Partial:${String(this.#parts.index)}`;
  }
}

/** A partial whose proof has been checked. */
export class VerifiedPartial extends Opaque {
  readonly #parts: VerifiedPartialParts;

  private constructor(parts: VerifiedPartialParts) {
    super();
    this.#parts = parts;
  }

  static {
    readVerified = (partial) => partial.#parts;
    admitVerified = (parts) => new VerifiedPartial(parts);
  }

  get index(): number {
    return this.#parts.index;
  }

  toString(): string {
    return `VerifiedPartial:${String(this.#parts.index)}`;
  }
}

/** The parts of a verified partial. For this package's protocols; not exported from it. */
export const partsOfPartial = (partial: VerifiedPartial): VerifiedPartialParts =>
  readVerified(partial);

interface Statement {
  readonly index: number;
  readonly context: Uint8Array;
  readonly shareKey: Point;
  readonly base: Point;
  readonly point: Point;
  readonly nonceKey: Point;
  readonly noncePoint: Point;
}

function challengeOf(statement: Statement): Scalar {
  const { index, context, shareKey, base, point, nonceKey, noncePoint } = statement;
  assertBytes(context, 'context');
  const points = [shareKey, base, point, nonceKey, noncePoint];
  return hashToScalar(
    PROOF_TAG,
    Uint8Array.of(index),
    sha256(context),
    ...points.map((one) => one.toCompressedBytes()),
  );
}

function wrongProof(): CryptoError {
  return new CryptoError(
    'PARTIAL_INVALID',
    'partial: its proof is wrong, or for another capsule, custodian or occasion',
  );
}
