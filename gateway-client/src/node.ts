/**
 * What the SDK offers where there is a file system: `@emr-share/gateway-client/node`.
 *
 * @module
 */
export { userIdOf } from './certificate-user.js';
export {
  writeFileAtomically,
  type FileContent,
  type WriteFileOptions,
} from './node/atomic-file.js';
export { createIdentity, type Enrolment } from './node/create-identity.js';
export { fileSource } from './node/file-source.js';
export { KeystoreFile, type CreateKeystoreOptions } from './node/keystore-file.js';
export type { KeystoreFacts, KeystoreUser } from './node/keystore-format.js';
export { PatientIndexFile, type OpenIndexOptions } from './node/patient-index-file.js';
