/**
 * Umbral threshold proxy re-encryption: `@emr-share/crypto/umbral`.
 *
 * Byte-compatible with `@nucypher/umbral-pre` 0.10.0 and with its names and argument orders, so that
 * a user of one can switch; stricter in what it decodes. Differences to note: nothing has to be
 * freed, `verify` does not consume its object, and most operations take trailing options.
 *
 * @module
 * @see docs/protocol.md §4
 */
export type { BackendOptions } from '../group/group-backend.js';
export { Point as CurvePoint } from '../group/point.js';
export { CapsuleFrag, VerifiedCapsuleFrag } from './capsule-frag.js';
export { Capsule } from './capsule.js';
export { ReencryptionEvidence } from './evidence.js';
export { KeyFrag, VerifiedKeyFrag } from './key-frag.js';
export { PublicKey, SecretKey } from './keys.js';
export type { RandomOptions } from './keys.js';
export { Parameters } from './params.js';
export { decryptOriginal, decryptReencrypted, encrypt, generateKFrags, reencrypt } from './pre.js';
export { RecoverableSignature } from './recoverable-signature.js';
export { SecretKeyFactory } from './secret-key-factory.js';
export { Signature } from './signature.js';
export { Signer } from './signer.js';
