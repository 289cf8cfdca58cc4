/**
 * What everybody may know of a shared secret key.
 *
 * @module
 */
import { assertBytes, concatBytes, equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, PublicTerm } from '../group/group-backend.js';
import { POINT_SIZE_BYTES } from '../group/point.js';
import type { Point } from '../group/point.js';
import { multiplyScalars } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { publicKeyOf } from '../umbral/keys.js';
import type { PublicKey } from '../umbral/keys.js';
import { describe, Opaque } from '../umbral/opaque.js';

/** Shares have an index in one byte, and index 0 would be the secret itself. */
export const MAX_SHARES = 255;

let readPoints: (commitments: ShareCommitments) => readonly Point[];
let admitPoints: (points: readonly Point[]) => ShareCommitments;

/**
 * Feldman's commitments to the polynomial of a shared key: its coefficients times G. Public.
 *
 * The first one is the shared key's public key; from all of them follows the public key of every
 * share, so that a holder can check its share, and anybody what was computed with it.
 *
 * @see docs/protocol.md §4.8; P. Feldman, "A practical scheme for non-interactive verifiable secret
 * sharing" (1987)
 */
export class ShareCommitments extends Opaque {
  readonly #points: readonly Point[];

  private constructor(points: readonly Point[]) {
    super();
    this.#points = points;
  }

  static {
    readPoints = (commitments) => commitments.#points;
    admitPoints = (points) => new ShareCommitments(points);
  }

  /**
   * Decodes commitments.
   *
   * @param data - 33 bytes for each of `threshold` points, SEC1 compressed, the constant
   * coefficient's first.
   * @throws {@link CryptoError} `COMMITMENTS_INVALID` for another length; `POINT_INVALID`.
   */
  static fromBytes(data: Uint8Array, options: BackendOptions = {}): ShareCommitments {
    assertBytes(data, 'commitments');
    const count = data.length / POINT_SIZE_BYTES;
    if (!Number.isInteger(count) || count < 1 || count > MAX_SHARES) {
      throw new CryptoError(
        'COMMITMENTS_INVALID',
        `commitments: expected 1 to ${MAX_SHARES} points of ${POINT_SIZE_BYTES} bytes, got ${data.length} bytes`,
      );
    }
    const backend = options.backend ?? defaultBackend();
    return new ShareCommitments(
      Array.from({ length: count }, (_, i) =>
        backend.decodePoint(data.slice(i * POINT_SIZE_BYTES, (i + 1) * POINT_SIZE_BYTES)),
      ),
    );
  }

  /** How many shares it takes. */
  get threshold(): number {
    return this.#points.length;
  }

  /** The public key whose secret key is shared. */
  get publicKey(): PublicKey {
    return publicKeyOf(this.#constant());
  }

  /**
   * The public key of the share with that index. Cost: `threshold` multiplications by small scalars.
   *
   * @param index - 1..255.
   */
  sharePublicKey(index: number, options: BackendOptions = {}): PublicKey {
    assertIndex(index);
    const backend = options.backend ?? defaultBackend();
    const powers = powersOf(BigInt(index), this.#points.length);
    const terms = this.#points.map((point, k): PublicTerm => [powers[k] ?? 0n, point]);
    const sum = backend.mulPublic(terms);
    if (sum === null) {
      throw new CryptoError('COMMITMENTS_INVALID', `commitments: share ${index} would be zero`);
    }
    return publicKeyOf(sum);
  }

  /** As {@link ShareCommitments.fromBytes} reads them. */
  toBytes(): Uint8Array {
    return concatBytes(...this.#points.map((point) => point.toCompressedBytes()));
  }

  equals(other: ShareCommitments): boolean {
    return equalBytes(this.toBytes(), other.toBytes());
  }

  toString(): string {
    return describe('ShareCommitments', this.#constant().toCompressedBytes());
  }

  #constant(): Point {
    const [constant] = this.#points;
    if (constant === undefined) throw new RangeError('"points" expected at least one');
    return constant;
  }
}

/** The points. For this package's protocols; not exported from it. */
export const pointsOf = (commitments: ShareCommitments): readonly Point[] =>
  readPoints(commitments);

/** Commitments that arithmetic gave. For this package's protocols; not exported from it. */
export const commitmentsOf = (points: readonly Point[]): ShareCommitments => admitPoints(points);

/** @throws RangeError unless an integer in 1..255: a mistake of the program, not of the data. */
export function assertIndex(index: number): void {
  if (Number.isInteger(index) && index >= 1 && index <= MAX_SHARES) return;
  throw new RangeError(`"index" expected integer in 1..${MAX_SHARES}, got ${index}`);
}

function powersOf(x: Scalar, count: number): Scalar[] {
  const powers: Scalar[] = [];
  let power = 1n;
  for (let k = 0; k < count; k++) {
    powers.push(power);
    power = multiplyScalars(power, x);
  }
  return powers;
}
