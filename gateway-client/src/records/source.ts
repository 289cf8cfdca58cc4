/**
 * What can be uploaded: bytes, files, streams.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { closeStream, watchStream } from '../byte-stream.js';

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
  /** Closes a stream that was never opened. An opened one is closed by its reader. */
  discard(): Promise<void>;
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

/**
 * Reads a web stream. Not every browser can iterate one; and its own iterator answers `return()` only
 * after a read that may hang, while `cancel()` ends that read.
 */
function drain(stream: ReadableStream<Uint8Array>): AsyncIterableIterator<Uint8Array, undefined> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  return {
    async next() {
      reader ??= stream.getReader();
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    async return() {
      await (reader ?? stream).cancel();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
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

// By tag: a Uint8Array of another realm, such as a frame's, is no instance of this one's class.
const isBytes = (value: unknown): value is Uint8Array =>
  Object.prototype.toString.call(value) === '[object Uint8Array]';

type Shape = Omit<OpenableSource, 'discard'> & Partial<Pick<OpenableSource, 'discard'>>;

function streamed(stream: AsyncIterable<Uint8Array>): Shape {
  let opened = false;
  return {
    open: () => {
      if (opened) {
        throw new EmrError('SOURCE_FAILED', { problem: 'a stream can be read only once' });
      }
      opened = true;
      return stream;
    },
    discard: async () => {
      if (!opened) await closeStream(stream);
    },
    canReopen: false,
    sizeBytes: undefined,
  };
}

/** The shape of each kind, or `null`. Streams first: a Node stream has methods of other kinds too. */
function shapeOf(source: RecordSource): Shape | null {
  if (isBytes(source)) {
    return { open: () => single(source), canReopen: true, sizeBytes: source.length };
  }
  if (has(source, 'getReader')) return streamed(drain(source));
  if (Symbol.asyncIterator in source) return streamed(source);
  if (has(source, 'open')) {
    return { open: () => source.open(), canReopen: true, sizeBytes: source.sizeBytes };
  }
  return has(source, 'stream') && 'size' in source
    ? { open: () => drain(source.stream()), canReopen: true, sizeBytes: source.size }
    : null;
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
  const { discard = (): Promise<void> => Promise.resolve() } = shape;
  return { ...shape, discard, open: () => guarded(() => shape.open()) };
}
