/**
 * Threshold custody: a secret key that only `t` of `n` custodians together can use, and that is never
 * put together for using it.
 *
 * @module
 * @see docs/protocol.md §4.8
 */
export { MAX_SHARES, ShareCommitments } from './commitments.js';
export { decryptWithCustodians } from './decrypt-with-custodians.js';
export { KEY_SHARE_SIZE_BYTES, KeyShare } from './key-share.js';
export { Partial, PARTIAL_SIZE_BYTES, VerifiedPartial } from './partial.js';
export { combineDealings, reshare, reshareCommitments } from './reshare.js';
export type { Dealing, DealingCommitments } from './reshare.js';
export { recoverSecretKey, shareSecretKey } from './share-secret-key.js';
export type { SharedKey, SharingShape } from './share-secret-key.js';
