import { describe, expect, it } from '@jest/globals';
import { readBytes } from '../../src/byte-stream.js';
import { openableSource } from '../../src/records/source.js';
import { keepContent } from '../../src/summary/kept-source.js';

const CONTENT = Uint8Array.from({ length: 100 }, (_, i) => i);

/** Fills the same buffer for each piece, as a reader of files may. */
async function* reusing(content: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  const buffer = new Uint8Array(10);
  for (let at = 0; at < content.length; at += buffer.length) {
    buffer.set(content.subarray(at, at + buffer.length));
    yield await Promise.resolve(buffer);
  }
}

describe('a source that keeps its content', () => {
  it('has it after it was read to the end, also where it can be read only once', async () => {
    const kept = keepContent(openableSource(reusing(CONTENT)), CONTENT.length);
    expect(kept.kept()).toBeNull();
    for await (const piece of kept.open()) expect(piece).toHaveLength(10);
    expect(kept.kept()).toEqual(CONTENT);
  });

  it('has nothing of a reading that was cut off', async () => {
    const kept = keepContent(openableSource({ open: () => reusing(CONTENT) }), CONTENT.length);
    for await (const piece of kept.open()) {
      expect(piece).toHaveLength(10);
      break;
    }
    expect(kept.kept()).toBeNull();
    await readBytes(kept.open());
    expect(kept.kept()).toEqual(CONTENT);
  });

  it('passes on what is larger than its limit, and keeps none of it', async () => {
    const kept = keepContent(openableSource(CONTENT), CONTENT.length - 1);
    expect(await readBytes(kept.open())).toEqual(CONTENT);
    expect(kept.kept()).toBeNull();
  });
});
