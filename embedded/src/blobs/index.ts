/**
 * The embedded blob store alone, without the consortium: `@emr-share/embedded/blobs`.
 *
 * @module
 */
export { UnixfsBlobStore, type UnixfsBlobStoreOptions } from './unixfs-blob-store.js';
