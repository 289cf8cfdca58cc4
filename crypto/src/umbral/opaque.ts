/**
 * How objects of this package appear in logs.
 *
 * @module
 */
import { bytesToHex } from '../bytes.js';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Enough of an identifier to tell objects apart in a log. */
const SHOWN_BYTES = 8;

/** Prints as its `toString()` everywhere, JSON and `console.log` included, so never its contents. */
export abstract class Opaque {
  abstract toString(): string;

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}

/** `Name:0123456789abcdef`, from the first bytes of something public. */
export function describe(name: string, publicBytes: Uint8Array): string {
  return `${name}:${bytesToHex(publicBytes.subarray(0, SHOWN_BYTES))}`;
}

/** `Name:...`, for what must not be shown at all. */
export const redacted = (name: string): string => `${name}:...`;
