import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decryptContent, encryptContent } from '../../src/content/index.js';
import type { ByteStream, ContentOptions } from '../../src/content/index.js';
import {
  collect,
  keys,
  MIN_CHUNK,
  MIN_CHUNK_LOG2,
  pattern,
  pieces,
  silent,
  watched,
} from './content-fixtures.js';

const plaintext = pattern(8 * MIN_CHUNK);
let envelope: Uint8Array;

beforeAll(async () => {
  const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 };
  envelope = await collect(encryptContent(pieces(plaintext), options));
});

interface Direction {
  readonly name: string;
  readonly input: () => Uint8Array;
  readonly run: (
    source: ByteStream,
    options?: Partial<ContentOptions>,
  ) => AsyncIterableIterator<Uint8Array>;
}

const directions: readonly Direction[] = [
  {
    name: 'encryptContent',
    input: () => plaintext,
    run: (source, options) =>
      encryptContent(source, { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2, ...options }),
  },
  {
    name: 'decryptContent',
    input: () => envelope,
    run: (source, options) => decryptContent(source, { ...keys, ...options }),
  },
];

describe.each(directions)('the stream of $name', ({ input, run }) => {
  it('closes its source when the consumer leaves early', async () => {
    const { source, seen } = watched(input());
    for await (const piece of run(source)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(seen.closed).toBe(true);
  });

  it('closes its source when the consumer leaves before it began', async () => {
    const source = silent(input());
    await run(source).return!();
    expect(source.closed).toBe(true);
  });

  it('closes its source and ends while it waits for a source that is silent', async () => {
    const source = silent(input().subarray(0, 100));
    const stream = run(source);
    const waiting = (async () => {
      for (;;) if ((await stream.next()).done === true) return 'ended as if complete';
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closing = stream.return!();
    await expect(waiting).rejects.toThrow('closed');
    await closing;
    expect(source.closed).toBe(true);
  });

  it('does not close a source that ended by itself', async () => {
    const { source, seen } = watched(input());
    await collect(run(source));
    expect(seen.closed).toBe(false);
  });

  it('passes on the error of its source', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* pieces(input().subarray(0, 2 * MIN_CHUNK));
      throw new Error('disk on fire');
    }
    await expect(collect(run(failing()))).rejects.toThrow('disk on fire');
  });

  it('fails with the reason of an abort that came before, without reading', async () => {
    const { source, seen } = watched(input());
    const reason = new Error('not today');
    await expect(collect(run(source, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(seen).toEqual({ reads: 0, closed: true });
  });

  it('fails with the reason of an abort between pieces and closes its source', async () => {
    const { source, seen } = watched(input());
    const controller = new AbortController();
    const stream = run(source, { signal: controller.signal });
    await stream.next();
    const reason = new Error('patient left');
    controller.abort(reason);
    await expect(collect(stream)).rejects.toBe(reason);
    expect(seen.closed).toBe(true);
  });

  it('fails at once on abort while its source is silent, and closes it', async () => {
    const source = silent(input().subarray(0, 100));
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = collect(run(source, { signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(source.closed).toBe(true);
  });

  it('leaves no listener on a long-lived signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = Object.create(signal, {
      aborted: { value: false },
      throwIfAborted: { value: () => undefined },
      addEventListener: { value: () => void (listeners += 1) },
      removeEventListener: { value: () => void (listeners -= 1) },
    }) as AbortSignal;
    await collect(run(pieces(input(), 10_000), { signal: counted }));
    expect(listeners).toBe(0);
  });
});

describe('a file as the source', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emr-content-'));
    await writeFile(join(folder, 'record'), plaintext);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is closed after an abort, read or not', async () => {
    for (const readFirst of [false, true]) {
      const file = createReadStream(join(folder, 'record'));
      const controller = new AbortController();
      const stream = encryptContent(file, { ...keys, signal: controller.signal });
      if (readFirst) await stream.next();
      controller.abort(new Error('stop'));
      await expect(collect(stream)).rejects.toThrow('stop');
      expect(file.destroyed).toBe(true);
    }
  });
});

describe('several chunks at a time', () => {
  it('come out in order although they finish out of order', async () => {
    const { nodeProvider } = await import('../../src/provider/index.js');
    const node = nodeProvider()!;
    let calls = 0;
    const provider = {
      ...node,
      aes256Gcm: async (key: Uint8Array) => {
        const aead = await node.aes256Gcm(key);
        return {
          ...aead,
          seal: async (nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array) => {
            const sealed = aead.seal(nonce, aad, bytes);
            await new Promise((resolve) => setTimeout(resolve, (calls++ % 3) * 4));
            return sealed;
          },
        };
      },
    };
    const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2, provider };
    const sealed = await collect(encryptContent(pieces(plaintext), options));
    const opened = await collect(decryptContent(pieces(sealed), keys));
    expect(Buffer.compare(opened, plaintext)).toBe(0);
  });

  it('report the first that fails, though a later one fails sooner', async () => {
    const forged = envelope.slice();
    forged[72 + 5 * (MIN_CHUNK + 16)]! ^= 1;
    forged[72 + 6 * (MIN_CHUNK + 16)]! ^= 1;
    await expect(collect(decryptContent(pieces(forged), keys))).rejects.toThrow('chunk 5 ');
  });
});
