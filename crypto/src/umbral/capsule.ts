/**
 * The capsule: a key encapsulated to a public key, in a form that proxies can re-encrypt.
 *
 * @module
 */
import { assertLength, concatBytes, equalBytes } from '../bytes.js';
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
import { pointOf, scalarOf } from './keys.js';
import type { PublicKey, RandomOptions, SecretKey } from './keys.js';
import { MessagePackReader, packArray, packBytes } from './message-pack.js';
import { Opaque, describe } from './opaque.js';
import { hashCapsulePoints } from './transcript.js';

const SIMPLE_SIZE_BYTES = 2 * POINT_SIZE_BYTES + SCALAR_SIZE_BYTES;

/** The parts of a valid capsule. */
export interface CapsuleParts {
  readonly e: Point;
  readonly v: Point;
  readonly s: Scalar;
  /** The hash of e and v that the validity equation uses. */
  readonly h: Scalar;
}

let readParts: (capsule: Capsule) => CapsuleParts;
let admitParts: (parts: CapsuleParts) => Capsule;

/**
 * A valid capsule: E, V and s with s·G = V + H(E, V)·E. Immutable; public.
 *
 * An instance is the proof of the check: a proxy that re-encrypts a `Capsule` cannot be used as an
 * oracle with made-up points.
 *
 * @see docs/protocol.md §4.2
 */
export class Capsule extends Opaque {
  readonly #parts: CapsuleParts;

  private constructor(parts: CapsuleParts) {
    super();
    this.#parts = parts;
  }

  static {
    readParts = (capsule) => capsule.#parts;
    admitParts = (parts) => new Capsule(parts);
  }

  /**
   * Decodes and checks a capsule.
   *
   * @param data - 105 bytes: MessagePack, array of E (33), V (33), s (32).
   * @throws {@link CryptoError} `ENCODING_INVALID`, `POINT_INVALID`, `SCALAR_INVALID`;
   * `CAPSULE_INVALID` when the parts do not belong together.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): Capsule {
    const reader = new MessagePackReader(data, 'capsule');
    reader.array(3);
    const e = reader.bytes(POINT_SIZE_BYTES);
    const v = reader.bytes(POINT_SIZE_BYTES);
    const s = reader.bytes(SCALAR_SIZE_BYTES);
    reader.end();
    return checkedCapsule(e, v, s, options);
  }

  /**
   * Decodes and checks the form without framing.
   *
   * @param data - 98 bytes: E (33), V (33), s (32).
   * @throws {@link CryptoError} As {@link Capsule.fromBytes}, and `LENGTH_INVALID`.
   */
  static fromBytesSimple(data: Uint8Array, options: BackendOptions = {}): Capsule {
    assertLength(data, SIMPLE_SIZE_BYTES, 'capsule');
    const e = data.subarray(0, POINT_SIZE_BYTES);
    const v = data.subarray(POINT_SIZE_BYTES, 2 * POINT_SIZE_BYTES);
    return checkedCapsule(e, v, data.subarray(2 * POINT_SIZE_BYTES), options);
  }

  /** MessagePack, 105 bytes. */
  toBytes(): Uint8Array {
    return packArray(...encodedParts(this.#parts).map(packBytes));
  }

  /** E, V, s: 98 bytes. Also the associated data of the ciphertext. */
  toBytesSimple(): Uint8Array {
    return concatBytes(...encodedParts(this.#parts));
  }

  equals(other: Capsule): boolean {
    return equalBytes(this.toBytesSimple(), other.toBytesSimple());
  }

  toString(): string {
    return describe('Capsule', this.#parts.e.toCompressedBytes());
  }
}

/** The parts of a capsule. For this package's protocols; not exported from it. */
export const partsOfCapsule = (capsule: Capsule): CapsuleParts => readParts(capsule);

/**
 * Makes a capsule and the key seed that it encapsulates to `delegatingPk`.
 *
 * @returns The capsule, and the seed: the compressed shared point (r + w)·A, 33 bytes.
 */
export function encapsulate(
  delegatingPk: PublicKey,
  options: RandomOptions = {},
): [capsule: Capsule, keySeed: Uint8Array] {
  const backend = options.backend ?? defaultBackend();
  const rng = options.rng ?? systemRng;
  const r = randomScalar(rng);
  const w = randomScalar(rng);
  const e = backend.mulBase(r);
  const v = backend.mulBase(w);
  const h = hashCapsulePoints(e, v);
  const s = addScalars(w, multiplyScalars(r, h));
  const shared = backend.mulSecret(pointOf(delegatingPk), addScalars(r, w));
  return [admitParts({ e, v, s, h }), shared.toCompressedBytes()];
}

/** The key seed, for the owner of the key that the capsule was made for: a·(E + V). */
export function decapsulate(
  delegatingSk: SecretKey,
  capsule: Capsule,
  options: BackendOptions = {},
): Uint8Array {
  const backend = options.backend ?? defaultBackend();
  const base = sharedBase(capsule, { backend });
  return backend.mulSecret(base, scalarOf(delegatingSk)).toCompressedBytes();
}

/** E + V: what the owner of the key multiplies with it. For this package; not exported from it. */
export function sharedBase(capsule: Capsule, options: BackendOptions = {}): Point {
  const backend = options.backend ?? defaultBackend();
  const { e, v } = readParts(capsule);
  const sum = backend.mulPublic([
    [1n, e],
    [1n, v],
  ]);
  if (sum === null) throw invalidCapsule();
  return sum;
}

function encodedParts({ e, v, s }: CapsuleParts): Uint8Array[] {
  return [e.toCompressedBytes(), v.toCompressedBytes(), scalarToBytes(s)];
}

function checkedCapsule(
  eBytes: Uint8Array,
  vBytes: Uint8Array,
  sBytes: Uint8Array,
  options: BackendOptions,
): Capsule {
  const backend = options.backend ?? defaultBackend();
  const e = backend.decodePoint(eBytes);
  const v = backend.decodePoint(vBytes);
  const s = nonZeroScalarFromBytes(sBytes, 'capsule');
  const h = hashCapsulePoints(e, v);
  const expectedV = backend.mulPublic([
    [s, GENERATOR_G],
    [negateScalar(h), e],
  ]);
  if (expectedV?.equals(v) !== true || sumsToIdentity(e, v)) throw invalidCapsule();
  return admitParts({ e, v, s, h });
}

/** V = -E satisfies the equation for whoever knows E's logarithm, and leaves no shared point. */
function sumsToIdentity(e: Point, v: Point): boolean {
  return !e.equals(v) && equalBytes(e.coordinates()[0], v.coordinates()[0]);
}

function invalidCapsule(): CryptoError {
  return new CryptoError('CAPSULE_INVALID', 'capsule: E, V and s do not belong together');
}
