/**
 * Operations on byte strings, for the whole package.
 *
 * @module
 */
import { CryptoError } from './crypto-error.js';

export { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Encodes an integer in 0..2^32-1 as 4 big-endian bytes. */
export function u32be(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError('"value" expected integer in 0..2^32-1');
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * Compares two byte strings without an early exit, so that the time taken does not tell where they
 * first differ. Their lengths are public.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** @throws TypeError when `value` is not a Uint8Array: a mistake of the program, not of the data. */
export function assertBytes(value: unknown, label: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array) && !isForeignBytes(value)) {
    throw new TypeError(`"${label}" expected Uint8Array, got ${typeof value}`);
  }
}

/** @throws {@link CryptoError} `LENGTH_INVALID` when `bytes` is not exactly `length` long. */
export function assertLength(bytes: Uint8Array, length: number, label: string): void {
  assertBytes(bytes, label);
  if (bytes.length !== length) {
    throw new CryptoError(
      'LENGTH_INVALID',
      `${label}: expected ${length} bytes, got ${bytes.length}`,
    );
  }
}

/** Realms (jest, iframes, workers' structured clones) have Uint8Array constructors of their own. */
function isForeignBytes(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
  );
}
