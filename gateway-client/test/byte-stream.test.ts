import { describe, expect, it } from '@jest/globals';
import { consumeStream, readBytes, watchStream } from '../src/byte-stream.js';
import { counting, pieces, silent } from './support/streams.js';

describe('watchStream', () => {
  it('shows each piece and the end, and passes them on', async () => {
    const seen: number[] = [];
    let ended = 0;
    const stream = watchStream(pieces(counting(3), counting(5)), {
      onPiece: (piece) => seen.push(piece.length),
      onEnd: () => (ended += 1),
    });
    expect(await readBytes(stream)).toHaveLength(8);
    expect([seen, ended]).toEqual([[3, 5], 1]);
  });

  it('fails with what a hook throws, and closes the source', async () => {
    const source = pieces(counting(3), counting(5));
    const stream = watchStream(source, {
      onPiece: () => {
        throw new Error('enough');
      },
    });
    await expect(readBytes(stream)).rejects.toThrow('enough');
    expect(source.closed).toBe(true);
  });

  it('fails at the end with what the hook for the end throws', async () => {
    const stream = watchStream(pieces(counting(3)), {
      onEnd: () => {
        throw new Error('too short');
      },
    });
    await expect(readBytes(stream)).rejects.toThrow('too short');
  });

  it('reaches the source at once when it is closed while the source is silent', async () => {
    const source = silent();
    const stream = watchStream(source, {});
    void stream.next();
    await stream.return?.();
    expect(source.closed).toBe(true);
  });
});

describe('consumeStream', () => {
  it('ends at an abort while the source is silent, with the reason, and closes the source', async () => {
    const source = silent();
    const controller = new AbortController();
    const consuming = consumeStream(source, controller.signal, () => undefined);
    controller.abort(new Error('stop'));
    await expect(consuming).rejects.toThrow('stop');
    expect(source.closed).toBe(true);
  });

  it('does not begin where the signal was aborted before', async () => {
    const read: number[] = [];
    const aborted = AbortSignal.abort(new Error('stop'));
    const consuming = consumeStream(pieces(counting(3)), aborted, ({ length }) =>
      read.push(length),
    );
    await expect(consuming).rejects.toThrow('stop');
    expect(read).toEqual([]);
  });
});
