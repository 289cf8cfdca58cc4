/**
 * What can be uploaded: bytes, files, streams.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { watchStream } from '../byte-stream.js';

/** A source that can be read from its start any number of times, such as a file. */
export interface ReopenableSource {
  open(): AsyncIterable<Uint8Array>;
  readonly sizeBytes?: number | undefined;
}

/**
 * Plaintext to upload. Bytes, a `Blob` (a browser's `File`) and a {@link ReopenableSource} can be
 * read twice, which lets a repeated upload be recognized and a stale one be retried; a stream cannot.
 */
export type RecordSource =
  Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | ReopenableSource;

/** Any {@link RecordSource} in one shape. Opening and reading fail with `SOURCE_FAILED`. */
export interface OpenableSource {
  open(): AsyncIterable<Uint8Array>;
  readonly canReopen: boolean;
  readonly sizeBytes: number | undefined;
}

const has = <K extends string>(
  value: object,
  method: K,
): value is Record<K, (...arguments_: unknown[]) => unknown> =>
  typeof (value as Record<string, unknown>)[method] === 'function';

function single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const pieces = [bytes].values();
      return { next: () => Promise.resolve(pieces.next()) };
    },
  };
}

// Not every browser can iterate a ReadableStream.
async function* drain(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

function failed(error: unknown): EmrError {
  const { code } = error as { code?: unknown };
  // The message may hold a path or a name; an operating system's code does not.
  const problem = typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : 'reading failed';
  return new EmrError('SOURCE_FAILED', { problem }, { cause: error });
}

function checkPiece(piece: unknown): void {
  if (!isBytes(piece)) {
    throw new EmrError('SOURCE_FAILED', { problem: 'it gave something else than bytes' });
  }
}

function guarded(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let source: AsyncIterable<Uint8Array>;
  try {
    source = open();
  } catch (error) {
    throw EmrError.is(error) ? error : failed(error);
  }
  return watchStream(source, {
    onPiece: checkPiece,
    onError: (error) => (EmrError.is(error) ? error : failed(error)),
  });
}

function once(stream: AsyncIterable<Uint8Array>): () => AsyncIterable<Uint8Array> {
  let opened = false;
  return () => {
    if (opened) {
      throw new EmrError('SOURCE_FAILED', { problem: 'a stream can be read only once' });
    }
    opened = true;
    return stream;
  };
}

// By tag: a Uint8Array of another realm, such as a frame's, is no instance of this one's class.
const isBytes = (value: unknown): value is Uint8Array =>
  Object.prototype.toString.call(value) === '[object Uint8Array]';

function streamed(stream: AsyncIterable<Uint8Array>): OpenableSource {
  return { open: once(stream), canReopen: false, sizeBytes: undefined };
}

/** The shape of each kind, or `null`. Iterables first: a Node stream has methods of other kinds too. */
function shapeOf(source: RecordSource): OpenableSource | null {
  if (isBytes(source)) {
    return { open: () => single(source), canReopen: true, sizeBytes: source.length };
  }
  if (Symbol.asyncIterator in source) return streamed(source);
  if (has(source, 'open')) {
    return { open: () => source.open(), canReopen: true, sizeBytes: source.sizeBytes };
  }
  if (has(source, 'stream') && 'size' in source) {
    return { open: () => drain(source.stream()), canReopen: true, sizeBytes: source.size };
  }
  return has(source, 'getReader') ? streamed(drain(source)) : null;
}

/** Throws `INPUT_INVALID` for anything that is not a {@link RecordSource}. */
export function openableSource(source: RecordSource): OpenableSource {
  const isObject = typeof source === 'object' && (source as unknown) !== null;
  const shape = isObject ? shapeOf(source) : null;
  if (shape === null) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the source',
      problem: 'expected bytes, a Blob, a stream, or an object with open()',
    });
  }
  return { ...shape, open: () => guarded(() => shape.open()) };
}
