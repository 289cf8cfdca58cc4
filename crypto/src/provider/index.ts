/**
 * Providers of the symmetric primitives.
 *
 * @module
 */
export type { Aead, CryptoProvider, ScryptCost, Sha256 } from './crypto-provider.js';
export { defaultProvider } from './default-provider.js';
export { nobleProvider } from './noble-provider.js';
export { nodeProvider } from './node-provider.js';
export { webcryptoProvider } from './webcrypto-provider.js';
