import { describe, expect, it } from '@jest/globals';
import { decryptContent, encryptContent } from '../../src/content/index.js';
import { createSha256, tapSha256 } from '../../src/hash.js';
import { keys } from './content-fixtures.js';

const MIB = 2 ** 20;
const PIECE = 64 * 1024;

/** The same 64 KiB over and over, with a counter in front, never more than one of them at a time. */
async function* long(sizeBytes: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(PIECE).fill(0x5a);
  const counter = new DataView(piece.buffer);
  for (let at = 0; at < sizeBytes; at += PIECE) {
    counter.setUint32(0, at / PIECE);
    await Promise.resolve();
    yield piece;
  }
}

async function roundTrip(
  sizeBytes: number,
): Promise<{ readonly peakRssBytes: number; readonly same: boolean }> {
  let peakRssBytes = 0;
  const filed = tapSha256(long(sizeBytes));
  const fetched = createSha256();
  for await (const piece of decryptContent(encryptContent(filed.stream, keys), keys)) {
    fetched.update(piece);
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  }
  return { peakRssBytes, same: fetched.digestHex() === filed.result().sha256Hex };
}

describe('memory', () => {
  it('of a round trip does not grow with the content', async () => {
    await roundTrip(16 * MIB);
    const small = await roundTrip(32 * MIB);
    const large = await roundTrip(256 * MIB);
    expect([small.same, large.same]).toEqual([true, true]);
    // Eight times the content within the same tens of MiB: the bound is the garbage collector's.
    expect(large.peakRssBytes - small.peakRssBytes).toBeLessThan(96 * MIB);
  });
});
