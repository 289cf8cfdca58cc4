/**
 * The port `BlobStore` over Kubo nodes: `@emr-share/gateway-client/kubo`.
 *
 * @module
 */
export { KuboBlobStore, type KuboBlobStoreOptions } from './kubo-blob-store.js';
export type { Replenished, ReplenishProgress } from './replenish.js';
export type { KuboEndpoint, KuboLimits } from './kubo-endpoint.js';
