/**
 * Tar as a stream in both directions, a piece at a time. Only files and folders with plain names:
 * a network's folder has nothing else, and a restore takes nothing else.
 *
 * @module
 */
import { Header } from 'tar';
import { NetworkError } from '../errors.js';

const BLOCK = 512;

/** A file or folder of an archive. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'File' | 'Directory';
  readonly mode: number;
  /** 0 for folders. */
  readonly bytes: number;
}

/** An entry that is being read; its content must be used up before the next one. */
export interface ReadEntry extends TarEntry {
  readonly content: AsyncIterable<Uint8Array>;
}

/** What ends an archive. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK);

/**
 * The block before an entry's content.
 *
 * @throws {@link NetworkError} SNAPSHOT_INVALID where the archive cannot hold that name
 */
export function headerOf({ path, type, mode, bytes }: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  new Header({ path, type, mode, uid: 0, gid: 0, size: bytes, mtime: new Date(0) }).encode(block);
  const written = new Header(block);
  if (written.path !== path || written.size !== bytes) {
    throw invalid(`the name ${path} is too long`);
  }
  return block;
}

/** What fills the last block of an entry's content. */
export function paddingAfter(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK);
}

/**
 * Reads the entries of an archive, in constant memory.
 *
 * @throws {@link NetworkError} SNAPSHOT_INVALID for what is no archive, is cut off, or holds anything
 *   but files and folders
 */
export async function* readEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadEntry, void, void> {
  const reader = new PieceReader(source);
  for (;;) {
    const block = await reader.exactly(BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const entry = entryOf(block);
    const content = reader.upTo(entry.bytes);
    yield { ...entry, content };
    for await (const _left of content);
    await reader.exactly(paddingAfter(entry.bytes).length);
  }
}

function entryOf(block: Buffer): TarEntry {
  const header = new Header(block);
  const { path = '', type, mode = 0, size = 0 } = header;
  if (!header.cksumValid) throw invalid('it is no snapshot, or it is damaged');
  if (type !== 'File' && type !== 'Directory') throw invalid(`${path} is a ${type}`);
  return { path, type, mode: mode & 0o777, bytes: type === 'File' ? size : 0 };
}

class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.upTo(bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** The next bytes as they come. A second iteration goes on where the first one ended. */
  upTo(bytes: number): AsyncIterable<Uint8Array> {
    let left = bytes;
    const next = async (): Promise<Uint8Array | null> => {
      if (left === 0) return null;
      if (this.#rest.length === 0) this.#rest = await this.#piece();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      return part;
    };
    return {
      async *[Symbol.asyncIterator]() {
        for (let part = await next(); part !== null; part = await next()) yield part;
      },
    };
  }

  async #piece(): Promise<Uint8Array> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) throw invalid('it ends in the middle');
      if (next.value.length > 0) return next.value;
    }
  }
}

function invalid(problem: string): NetworkError {
  return new NetworkError('SNAPSHOT_INVALID', { problem });
}
