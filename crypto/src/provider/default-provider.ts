/**
 * The choice of the provider.
 *
 * @module
 */
import type { CryptoProvider } from './crypto-provider.js';
import { nobleProvider } from './noble-provider.js';
import { nodeProvider } from './node-provider.js';
import { webcryptoProvider } from './webcrypto-provider.js';

let chosen: CryptoProvider | undefined;

/** The fastest provider of this platform: Node's, else WebCrypto's, else pure JavaScript. */
export function defaultProvider(): CryptoProvider {
  chosen ??= nodeProvider() ?? webcryptoProvider() ?? nobleProvider();
  return chosen;
}
