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
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReopenableSource;

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

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
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
  if (!ArrayBuffer.isView(piece) || !('subarray' in piece)) {
    throw new EmrError('SOURCE_FAILED', { problem: 'it gave something else than bytes' });
  }
}

function guarded(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let source: AsyncIterable<Uint8Array>;
  try {
    source = open();
  } catch (error) {
    throw error instanceof EmrError ? error : failed(error);
  }
  return watchStream(source, {
    onPiece: checkPiece,
    onError: (error) => (error instanceof EmrError ? error : failed(error)),
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

function shapeOf(source: RecordSource): OpenableSource {
  if (source instanceof Uint8Array || ArrayBuffer.isView(source)) {
    const bytes = source as Uint8Array;
    return { open: () => single(bytes), canReopen: true, sizeBytes: bytes.length };
  }
  if (has(source, 'open')) {
    const { sizeBytes } = source as ReopenableSource;
    return { open: () => (source as ReopenableSource).open(), canReopen: true, sizeBytes };
  }
  if (has(source, 'stream') && 'size' in source) {
    const blob = source as unknown as Blob;
    return { open: () => drain(blob.stream()), canReopen: true, sizeBytes: blob.size };
  }
  if (has(source, 'getReader')) {
    const open = once(drain(source as unknown as ReadableStream<Uint8Array>));
    return { open, canReopen: false, sizeBytes: undefined };
  }
  const open = once(source as AsyncIterable<Uint8Array>);
  return { open, canReopen: false, sizeBytes: undefined };
}

function isSource(source: unknown): source is RecordSource {
  if (typeof source !== 'object' || source === null) return false;
  return (
    ArrayBuffer.isView(source) ||
    has(source, 'open') ||
    has(source, 'stream') ||
    has(source, 'getReader') ||
    Symbol.asyncIterator in source
  );
}

/** Throws `INPUT_INVALID` for anything that is not a {@link RecordSource}. */
export function openableSource(source: RecordSource): OpenableSource {
  if (!isSource(source)) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the source',
      problem: 'expected bytes, a Blob, a stream, or an object with open()',
    });
  }
  const shape = shapeOf(source);
  return { ...shape, open: () => guarded(() => shape.open()) };
}
