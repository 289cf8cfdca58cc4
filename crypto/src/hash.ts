/**
 * SHA-256 over streams (FIPS 180-4).
 *
 * @module
 */
import { bytesToHex } from './bytes.js';
import type { CryptoProvider } from './provider/crypto-provider.js';
import { defaultProvider } from './provider/default-provider.js';

/** A running SHA-256; each instance gives one digest. */
export interface StreamingSha256 {
  update(bytes: Uint8Array): StreamingSha256;
  /** 32 bytes. @throws Error when the digest was taken before. */
  digest(): Uint8Array;
  /** The digest as 64 lower-case hex digits. @throws Error when the digest was taken before. */
  digestHex(): string;
}

/** What went through a {@link Sha256Tap}. */
export interface StreamDigest {
  readonly sha256Hex: string;
  readonly sizeBytes: number;
}

/** A stream that is measured while someone else consumes it. */
export interface Sha256Tap {
  /** The source's own pieces, unchanged and not copied; to be iterated once. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** @throws Error before the stream has ended: a digest of a part would pass for that of the whole. */
  result(): StreamDigest;
}

/**
 * Starts a SHA-256. Cost: some 0.6 ms a MiB with Node's, twenty times that in a browser.
 *
 * @param provider - Default: the fastest of the platform.
 */
export function createSha256(provider: CryptoProvider = defaultProvider()): StreamingSha256 {
  const hash = provider.createSha256();
  let taken = false;
  const digest = (): Uint8Array => {
    if (taken) throw new Error('the digest was taken before');
    taken = true;
    return hash.digest();
  };
  return {
    update(bytes) {
      if (taken) throw new Error('the digest was taken before');
      hash.update(bytes);
      return this;
    },
    digest,
    digestHex: () => bytesToHex(digest()),
  };
}

/**
 * Hashes and counts a stream on its way to its consumer. Leaving the tap early closes the source.
 *
 * @param source - Pieces of any size.
 * @param provider - Default: the fastest of the platform.
 */
export function tapSha256(source: AsyncIterable<Uint8Array>, provider?: CryptoProvider): Sha256Tap {
  const hash = createSha256(provider);
  let sizeBytes = 0;
  let result: StreamDigest | null = null;
  let left = false;
  const iterator = source[Symbol.asyncIterator]();
  const stream: AsyncIterableIterator<Uint8Array> = {
    async next() {
      const next = await iterator.next();
      if (next.done === true) {
        if (!left) result ??= { sha256Hex: hash.digestHex(), sizeBytes };
      } else {
        hash.update(next.value);
        sizeBytes += next.value.length;
      }
      return next;
    },
    // Not a generator: that would hold a return() back until a silent source speaks.
    async return() {
      left = true;
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return {
    stream,
    result() {
      if (result === null) throw new Error('the stream has not ended: it has no digest yet');
      return result;
    },
  };
}
