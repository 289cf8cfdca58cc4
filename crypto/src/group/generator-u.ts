/**
 * Umbral's second generator u.
 *
 * @module
 */
import { hexToBytes } from '../bytes.js';

/**
 * u, SEC1 uncompressed: RFC 9380 hash_to_curve of `POINT_U` under the tag `PARAMETERS`, suite
 * secp256k1_XMD:SHA-256_SSWU_RO_. Nobody knows its discrete logarithm. A test derives it again.
 *
 * @see docs/protocol.md §4.1
 */
export const GENERATOR_U_UNCOMPRESSED_HEX =
  '04' +
  '079390d0fbe220fc34aab8ecbf49098098036820fadb98c03143e55db8ec73cd' +
  '7ea50b219da86a70e8489413e4b9388afb63ac6f26e5ec2cfdd983b83f0e84e7';

/** A fresh copy of u's 65 bytes. */
export const generatorUBytes = (): Uint8Array => hexToBytes(GENERATOR_U_UNCOMPRESSED_HEX);
