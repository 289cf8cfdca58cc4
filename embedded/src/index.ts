/**
 * A whole consortium in one process: the same contracts as on Fabric, one copy of the ledger for each
 * organization, content on disk. Nothing listens on a socket.
 *
 * @module
 */
export {
  Consortium,
  type ConsortiumOptions,
  type Enrolled,
  type EnrolledWithKey,
  type EnrolOptions,
} from './consortium.js';
export type { Admin } from './admins.js';
export type { Validity } from './ca/certificate-authority.js';
export type { CopyReport, VerificationReport } from './ledger/chain-verification.js';
export { UnixfsBlobStore, type UnixfsBlobStoreOptions } from './blobs/unixfs-blob-store.js';
