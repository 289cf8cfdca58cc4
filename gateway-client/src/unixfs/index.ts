/**
 * Reading UnixFS files out of verified blocks, for any store of blocks:
 * `@emr-share/gateway-client/unixfs`.
 *
 * @module
 */
export { isBlobCid, isLeaf, parseBlobCid } from './blob-cid.js';
export { DagReader } from './dag-reader.js';
