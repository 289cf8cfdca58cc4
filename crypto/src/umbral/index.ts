/**
 * Umbral threshold proxy re-encryption: `@emr-share/crypto/umbral`.
 *
 * Byte-compatible with `@nucypher/umbral-pre` 0.10.0, with the same names and argument orders.
 *
 * @module
 */
export { PublicKey, SecretKey } from './keys.js';
export type { RandomOptions } from './keys.js';
export type { BackendOptions } from '../group/group-backend.js';
export { RecoverableSignature } from './recoverable-signature.js';
export { SecretKeyFactory } from './secret-key-factory.js';
export { Signature } from './signature.js';
export { Signer } from './signer.js';
