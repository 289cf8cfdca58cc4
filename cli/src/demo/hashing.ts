/**
 * SHA-256 of bytes on their way, so that the report states what really passed.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ReopenableSource } from '@emr-share/gateway-client';

/** Reads a stream to its end. @returns SHA-256 as hex. */
export async function sha256Of(
  content: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of content) {
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.digest('hex');
}

/** A file to upload, with the hash of what was last read of it from start to end. */
export class HashedFile implements ReopenableSource {
  readonly sizeBytes: number;
  readonly #path: string;
  #sha256: string | null = null;

  constructor(path: string, sizeBytes: number) {
    this.#path = path;
    this.sizeBytes = sizeBytes;
  }

  /** SHA-256 as hex. Throws where the file was not read to its end yet. */
  get sha256(): string {
    if (this.#sha256 === null) throw new Error('the file was not read to its end');
    return this.#sha256;
  }

  async *open(): AsyncGenerator<Uint8Array, void, void> {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.#path) as AsyncIterable<Uint8Array>) {
      hash.update(piece);
      yield piece;
    }
    this.#sha256 = hash.digest('hex');
  }
}
