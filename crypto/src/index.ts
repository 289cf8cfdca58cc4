/**
 * Cryptography of emr-share: pure functions over bytes, for Node and browsers.
 *
 * @module
 */
export { CryptoError } from './crypto-error.js';
export type { CryptoErrorCode } from './crypto-error.js';
export { derivedRng, systemRng } from './rng.js';
export type { Rng } from './rng.js';
export { defaultBackend, useBackend } from './group/default-backend.js';
export { nobleBackend } from './group/noble-backend.js';
export type { GroupBackend } from './group/group-backend.js';
export * from './umbral/index.js';
export * from './content/index.js';
export * from './custody/index.js';
export { createSha256, tapSha256 } from './hash.js';
export type { Sha256Tap, StreamDigest, StreamingSha256 } from './hash.js';
export * from './provider/index.js';
export { openBox, SEALED_BOX_OVERHEAD_BYTES, sealBox } from './sealed-box.js';
export type { OpenBoxOptions, SealBoxOptions, SealedBoxContext } from './sealed-box.js';
export {
  DEFAULT_SCRYPT_COST,
  openWithPassphrase,
  parsePassphraseBox,
  sealWithPassphrase,
} from './passphrase-box.js';
export type {
  PassphraseBox,
  PassphraseBoxOptions,
  SealWithPassphraseOptions,
} from './passphrase-box.js';
