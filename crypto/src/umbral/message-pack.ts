/**
 * The part of MessagePack that Umbral's objects use, in its one canonical form.
 *
 * Structures are arrays in field order, byte strings are bin8, flags are booleans. A general
 * MessagePack library would accept several encodings of the same object; objects here are hashed
 * and compared on a ledger, so there must be one.
 *
 * @module
 */
import { assertBytes, concatBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';

const FIXARRAY = 0x90;
const FIXARRAY_MAX = 15;
const ARRAY16 = 0xdc;
const BIN8 = 0xc4;
const BIN8_MAX = 255;
const FALSE = 0xc2;
const TRUE = 0xc3;

/** Encodes a structure of encoded fields. */
export function packArray(...fields: readonly Uint8Array[]): Uint8Array {
  return concatBytes(arrayHeader(fields.length), ...fields);
}

/** Encodes a byte string of up to 255 bytes. */
export function packBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length > BIN8_MAX) throw new RangeError('"bytes" expected at most 255 bytes');
  return concatBytes(Uint8Array.of(BIN8, bytes.length), bytes);
}

export const packBoolean = (value: boolean): Uint8Array => Uint8Array.of(value ? TRUE : FALSE);

function arrayHeader(length: number): Uint8Array {
  return length <= FIXARRAY_MAX
    ? Uint8Array.of(FIXARRAY | length)
    : Uint8Array.of(ARRAY16, length >> 8, length & 0xff);
}

/** Reads what the `pack*` functions write, and nothing else. */
export class MessagePackReader {
  readonly #data: Uint8Array;
  readonly #label: string;
  #offset = 0;

  /** @param label - The object's name, for messages. */
  constructor(data: Uint8Array, label: string) {
    assertBytes(data, label);
    this.#data = data;
    this.#label = label;
  }

  /** Enters a structure of exactly `length` fields. */
  array(length: number): void {
    for (const byte of arrayHeader(length)) {
      if (this.#next() !== byte) throw this.#invalid(`a structure of ${length} fields`);
    }
  }

  /** Reads a byte string of exactly `length` bytes; the result is a copy. */
  bytes(length: number): Uint8Array {
    if (this.#next() !== BIN8 || this.#next() !== length) throw this.#invalid(`${length} bytes`);
    const end = this.#offset + length;
    if (end > this.#data.length) throw this.#invalid(`${length} bytes`);
    const bytes = Uint8Array.from(this.#data.subarray(this.#offset, end));
    this.#offset = end;
    return bytes;
  }

  boolean(): boolean {
    const byte = this.#next();
    if (byte !== TRUE && byte !== FALSE) throw this.#invalid('a boolean');
    return byte === TRUE;
  }

  /** Refuses bytes after the object. */
  end(): void {
    if (this.#offset !== this.#data.length) throw this.#invalid('the end');
  }

  #next(): number | undefined {
    const byte = this.#data[this.#offset];
    this.#offset += 1;
    return byte;
  }

  #invalid(expected: string): CryptoError {
    return new CryptoError(
      'ENCODING_INVALID',
      `${this.#label}: expected ${expected} near byte ${this.#offset}`,
    );
  }
}
