/**
 * Cryptography of emr-share: pure functions over bytes, for Node and browsers.
 *
 * @module
 */
export { CryptoError } from './crypto-error.js';
export type { CryptoErrorCode } from './crypto-error.js';
export { derivedRng, systemRng } from './rng.js';
export type { Rng } from './rng.js';
