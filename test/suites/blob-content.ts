/** Content for the tests of blob stores. */
import { createCipheriv, createHash } from 'node:crypto';

/**
 * `sizeBytes` bytes that look random and depend on `seed` only: the AES-256-CTR key stream under
 * SHA-256(seed), with a zero initial counter block.
 */
export function patternBytes(seed: string, sizeBytes: number): Buffer {
  return patternStream(seed).update(Buffer.alloc(sizeBytes));
}

/** The bytes of {@link patternBytes}, without holding them. */
export async function* patternPieces(
  seed: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = patternStream(seed);
  const zeros = Buffer.alloc(Math.min(sizeBytes, 1024 * 1024));
  for (let left = sizeBytes; left > 0; left -= zeros.length) {
    yield await Promise.resolve(stream.update(zeros.subarray(0, left)));
  }
}

function patternStream(seed: string): ReturnType<typeof createCipheriv> {
  return createCipheriv(
    'aes-256-ctr',
    createHash('sha256').update(seed).digest(),
    Buffer.alloc(16),
  );
}

/** `content` in pieces of `pieceBytes`, the last one shorter. */
export async function* inPieces(
  content: Uint8Array,
  pieceBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < content.length; start += pieceBytes) {
    yield await Promise.resolve(content.subarray(start, start + pieceBytes));
  }
}

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
