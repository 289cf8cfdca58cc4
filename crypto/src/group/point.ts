/**
 * A point of secp256k1, independent of the backend that computed it.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';

/** A point on the wire: SEC1 compressed. */
export const POINT_SIZE_BYTES = 33;

const COORDINATE_SIZE_BYTES = 32;
const UNCOMPRESSED_SIZE_BYTES = 1 + 2 * COORDINATE_SIZE_BYTES;
const UNCOMPRESSED_TAG = 0x04;
const COMPRESSED_EVEN_TAG = 0x02;

let admit: (uncompressed: Uint8Array) => Point;

/**
 * An immutable point other than the identity, known to be on the curve.
 *
 * Kept uncompressed: both backends read that form in microseconds, while the compressed one costs a
 * square root each time. Points come from {@link GroupBackend.decodePoint} or from arithmetic only.
 */
export class Point {
  readonly #uncompressed: Uint8Array;

  private constructor(uncompressed: Uint8Array) {
    this.#uncompressed = uncompressed;
  }

  static {
    admit = (uncompressed) => new Point(uncompressed);
  }

  /** SEC1 compressed: 0x02 or 0x03 by the parity of y, then x; 33 bytes. */
  toCompressedBytes(): Uint8Array {
    const compressed = this.#uncompressed.slice(0, POINT_SIZE_BYTES);
    compressed[0] = COMPRESSED_EVEN_TAG | ((this.#uncompressed.at(-1) ?? 0) & 1);
    return compressed;
  }

  /** SEC1 uncompressed: 0x04, x, y; 65 bytes. Backends compute on this form. */
  toUncompressedBytes(): Uint8Array {
    return this.#uncompressed.slice();
  }

  /** The affine coordinates x and y, 32 bytes big-endian each. */
  coordinates(): [Uint8Array, Uint8Array] {
    return [
      this.#uncompressed.slice(1, 1 + COORDINATE_SIZE_BYTES),
      this.#uncompressed.slice(1 + COORDINATE_SIZE_BYTES),
    ];
  }

  equals(other: Point): boolean {
    return equalBytes(this.#uncompressed, other.#uncompressed);
  }
}

/**
 * Wraps an encoding that a backend has produced or checked. For backends only: nothing is checked
 * here but the shape.
 *
 * @param uncompressed - 65 bytes, SEC1; kept, not copied.
 */
export function trustedPoint(uncompressed: Uint8Array): Point {
  if (uncompressed.length !== UNCOMPRESSED_SIZE_BYTES || uncompressed[0] !== UNCOMPRESSED_TAG) {
    throw new RangeError('"uncompressed" expected 65 bytes starting with 0x04');
  }
  return admit(uncompressed);
}
