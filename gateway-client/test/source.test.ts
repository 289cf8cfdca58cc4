import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readBytes } from '@emr-share/gateway-client';
import { openableSource, type RecordSource } from '../src/records/source.js';
import { codeOf, refusalOf } from './support/refusal.js';
import { counting, pieces } from './support/streams.js';

const CONTENT = counting(3000);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-source-'));
  await writeFile(join(directory, 'file'), CONTENT);
});
afterAll(() => rm(directory, { recursive: true }));

const webStream = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(CONTENT.subarray(0, 1000));
      controller.enqueue(CONTENT.subarray(1000));
      controller.close();
    },
  });

/** As in a browser whose streams cannot be iterated. */
function plainWebStream(): ReadableStream<Uint8Array> {
  const stream = webStream();
  return { getReader: () => stream.getReader() } as unknown as ReadableStream<Uint8Array>;
}

describe('openableSource', () => {
  const reopenable: readonly [string, () => RecordSource][] = [
    ['bytes', () => CONTENT],
    ['a Buffer', () => Buffer.from(CONTENT)],
    ['a Blob', () => new Blob([Uint8Array.from(CONTENT)])],
    ['an object with open()', () => ({ open: () => pieces(CONTENT), sizeBytes: 3000 })],
  ];
  it.each(reopenable)('reads %s any number of times', async (_name, make) => {
    const source = openableSource(make());
    expect(source).toMatchObject({ canReopen: true, sizeBytes: CONTENT.length });
    expect(Buffer.from(await readBytes(source.open())).equals(CONTENT)).toBe(true);
    expect(Buffer.from(await readBytes(source.open())).equals(CONTENT)).toBe(true);
  });

  const single: readonly [string, () => RecordSource][] = [
    ['an async iterable', () => pieces(CONTENT.subarray(0, 7), CONTENT.subarray(7))],
    ['a web stream', webStream],
    ['a web stream that cannot be iterated', plainWebStream],
    ['a Node stream', () => Readable.from([Buffer.from(CONTENT)])],
    ['a file stream', () => createReadStream(join(directory, 'file'))],
  ];
  it.each(single)('reads %s once', async (_name, make) => {
    const source = openableSource(make());
    expect(source).toMatchObject({ canReopen: false, sizeBytes: undefined });
    expect(Buffer.from(await readBytes(source.open())).equals(CONTENT)).toBe(true);
    expect(await codeOf(() => source.open())).toBe('SOURCE_FAILED');
  });

  const nonsense: readonly unknown[] = [
    null,
    undefined,
    'text',
    7,
    {},
    [1, 2],
    new Uint16Array(4),
    new DataView(new ArrayBuffer(4)),
    () => CONTENT,
  ];
  it.each(nonsense.map((value) => [value]))('refuses %p', async (value) => {
    expect(await codeOf(() => openableSource(value as RecordSource))).toBe('INPUT_INVALID');
  });

  it('says that reading failed without repeating the message, which may hold a path', async () => {
    const source = openableSource(createReadStream('/nowhere/jane-doe.dcm'));
    const error = await refusalOf(() => readBytes(source.open()));
    expect(error).toMatchObject({ code: 'SOURCE_FAILED', details: { problem: 'ENOENT' } });
    expect(error.message).not.toContain('jane-doe');
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a stream of text', async () => {
    const text = Readable.from(['text']) as AsyncIterable<never>;
    expect(await codeOf(() => readBytes(openableSource(text).open()))).toBe('SOURCE_FAILED');
  });

  it('says so where open() throws', async () => {
    const open = (): never => {
      throw new Error('no');
    };
    expect(await codeOf(() => openableSource({ open }).open())).toBe('SOURCE_FAILED');
  });

  it('closes the stream when its reader leaves early', async () => {
    const stream = new PassThrough();
    stream.write(CONTENT);
    for await (const piece of openableSource(stream).open()) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });

  it('gives the same bytes however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }),
        async (cut) => {
          const whole = Buffer.concat(cut);
          expect(Buffer.from(await readBytes(openableSource(pieces(...cut)).open()))).toEqual(
            whole,
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('discarding a source', () => {
  it('closes a stream that nobody has opened', async () => {
    const node = new PassThrough();
    await openableSource(node).discard();
    expect(node.destroyed).toBe(true);
    let reason: unknown = 'none';
    const web = new ReadableStream<Uint8Array>({
      cancel: (given) => {
        reason = given;
      },
    });
    await openableSource(web).discard();
    expect(reason).toBeUndefined();
  });

  it('leaves a stream to its reader once it is opened, and what can be reopened alone', async () => {
    const stream = new PassThrough();
    const source = openableSource(stream);
    source.open();
    await source.discard();
    expect(stream.destroyed).toBe(false);
    stream.destroy();
    await expect(openableSource(CONTENT).discard()).resolves.toBeUndefined();
  });

  it('ends a read that hangs in a web stream when its reader leaves', async () => {
    const source = openableSource(new ReadableStream<Uint8Array>());
    const iterator = source.open()[Symbol.asyncIterator]();
    const reading = iterator.next();
    await iterator.return?.();
    await expect(reading).resolves.toMatchObject({ done: true });
  });
});
