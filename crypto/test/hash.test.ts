import { describe, expect, it } from '@jest/globals';
import { createSha256, tapSha256 } from '../src/hash.js';
import { collect, pattern, pieces, providers, watched } from './content/content-fixtures.js';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe.each(providers)('SHA-256 with $name', (provider) => {
  it('gives the digest of FIPS 180-4 in both forms', () => {
    const encoder = new TextEncoder();
    const hash = createSha256(provider).update(encoder.encode('a')).update(encoder.encode('bc'));
    expect(hash.digestHex()).toBe(ABC);
    const again = createSha256(provider).update(encoder.encode('abc'));
    expect(Buffer.from(again.digest()).toString('hex')).toBe(ABC);
  });

  it('gives one digest and takes nothing after it', () => {
    const hash = createSha256(provider).update(pattern(3));
    hash.digest();
    expect(() => hash.digest()).toThrow('taken before');
    expect(() => hash.digestHex()).toThrow('taken before');
    expect(() => hash.update(pattern(3))).toThrow('taken before');
  });
});

describe('tapSha256', () => {
  it('passes the very pieces on', async () => {
    const given = [pattern(3), new Uint8Array(0), pattern(5)];
    const tap = tapSha256(
      (async function* () {
        await Promise.resolve();
        yield* given;
      })(),
    );
    let i = 0;
    for await (const piece of tap.stream) expect(piece).toBe(given[i++]);
    expect(tap.result().sizeBytes).toBe(8);
  });

  it('has no result before the end, nor after the consumer has left', async () => {
    const { source, seen } = watched(pattern(200_000));
    const tap = tapSha256(source);
    expect(() => tap.result()).toThrow('not ended');
    for await (const piece of tap.stream) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(seen.closed).toBe(true);
    await collect(tap.stream);
    expect(() => tap.result()).toThrow('not ended');
  });

  it('hashes a stream of nothing', async () => {
    const tap = tapSha256(pieces(new Uint8Array(0)));
    await collect(tap.stream);
    expect(tap.result()).toEqual({
      sha256Hex: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      sizeBytes: 0,
    });
  });
});
