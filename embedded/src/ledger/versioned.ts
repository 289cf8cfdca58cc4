/**
 * A value in the state database: the version that wrote it, 8 bytes, before the value itself.
 *
 * @module
 */
import type { Version } from '../endorsement/read-write-set.js';

const VERSION_BYTES = 8;

export interface Versioned {
  readonly version: Version;
  readonly value: Uint8Array;
}

/** Block number and position as two 4-byte big-endian integers, then the value. */
export function encodeVersioned({ version: [block, position], value }: Versioned): Uint8Array {
  const bytes = Buffer.alloc(VERSION_BYTES + value.length);
  bytes.writeUInt32BE(block, 0);
  bytes.writeUInt32BE(position, 4);
  bytes.set(value, VERSION_BYTES);
  return bytes;
}

export function decodeVersioned(bytes: Uint8Array): Versioned {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version: [view.getUint32(0), view.getUint32(4)],
    value: bytes.subarray(VERSION_BYTES),
  };
}
