/**
 * One measured case of the content benchmark: one operation on one side at one size.
 *
 * @module
 */
import { randomFillSync } from 'node:crypto';
import { contentSizeBytes, decryptContent, encryptContent, tapSha256 } from '@emr-share/crypto';
import { UnixfsBlobStore } from '@emr-share/embedded/blobs';

export type ContentOperation = 'add' | 'fetch';

/** `bare`: the store alone. `ours`: with encryption and hash, or with verification and decryption. */
export type ContentSide = 'bare' | 'ours';

export interface ContentCase {
  readonly operation: ContentOperation;
  readonly side: ContentSide;
  /** Size of the plaintext. */
  readonly sizeBytes: number;
  /** Folder of the store. */
  readonly directory: string;
  /** How often to repeat the operation, each repetition on other content when it adds. */
  readonly repeats: number;
  /** What to fetch. */
  readonly blob?: BenchBlob | undefined;
}

/** An encrypted blob as the ledger would name it. */
export interface BenchBlob {
  readonly cid: string;
  readonly sha256Hex: string;
}

export interface ContentCaseResult {
  /** Of each repetition. */
  readonly elapsedMs: readonly number[];
  /** The largest resident set of this process so far. */
  readonly peakBytes: number;
  /** What the last repetition stored, on our side. */
  readonly blob?: BenchBlob | undefined;
}

const MIB = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const KEY = { dek: new Uint8Array(32).fill(7), context: new TextEncoder().encode('bench') };
const WARM_UP_BYTES = 256 * 1024;
const WARM_UP_ROUNDS = 8;

/** Runs a case after warming up; `scratch` is a folder for what the warm-up stores. */
export async function runContentCase(
  measured: ContentCase,
  scratch: string,
): Promise<ContentCaseResult> {
  await warmUp(measured.side, await UnixfsBlobStore.open({ directory: scratch }));
  const store = await UnixfsBlobStore.open({ directory: measured.directory });
  const elapsedMs: number[] = [];
  let blob: BenchBlob | undefined;
  for (let i = 0; i < measured.repeats; i += 1) {
    const content = plaintext(measured.sizeBytes, measured.side);
    const startedAt = performance.now();
    if (measured.operation === 'add') blob = await ADD[measured.side](store, content);
    else await FETCH[measured.side](store, blobOf(measured));
    elapsedMs.push(performance.now() - startedAt);
  }
  return { elapsedMs, peakBytes: process.resourceUsage().maxRSS * 1024, blob };
}

/** Lets the compiler see the code before the clock runs; the size keeps the peak of small cases low. */
async function warmUp(side: ContentSide, store: UnixfsBlobStore): Promise<void> {
  for (let i = 0; i < WARM_UP_ROUNDS; i += 1) {
    const blob = await ADD.ours(store, plaintext(WARM_UP_BYTES, 'ours'));
    await FETCH[side](store, blob);
    if (side === 'bare') await ADD.bare(store, plaintext(WARM_UP_BYTES, 'bare'));
  }
}

const ADD = {
  bare: async (store: UnixfsBlobStore, content: AsyncIterable<Uint8Array>): Promise<undefined> => {
    await store.put(content);
  },
  ours: async (store: UnixfsBlobStore, content: AsyncIterable<Uint8Array>): Promise<BenchBlob> => {
    const ciphertext = tapSha256(encryptContent(content, KEY));
    const { cid } = await store.put(ciphertext.stream);
    return { cid, sha256Hex: ciphertext.result().sha256Hex };
  },
};

const FETCH = {
  bare: async (store: UnixfsBlobStore, { cid }: BenchBlob): Promise<void> => {
    await drain(store.get(cid));
  },
  ours: async (store: UnixfsBlobStore, { cid, sha256Hex }: BenchBlob): Promise<void> => {
    const ciphertext = tapSha256(store.get(cid));
    await drain(decryptContent(ciphertext.stream, KEY));
    if (ciphertext.result().sha256Hex !== sha256Hex) throw new Error('another hash than was filed');
  },
};

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  let sizeBytes = 0;
  for await (const piece of source) sizeBytes += piece.length;
  if (sizeBytes === 0) throw new Error('nothing came');
}

/**
 * Content that no other case and no other mebibyte shares, at next to no cost: one buffer of random
 * bytes, numbered for each mebibyte. On the bare side as many bytes as the ciphertext has.
 */
async function* plaintext(sizeBytes: number, side: ContentSide): AsyncGenerator<Uint8Array> {
  const total = side === 'bare' ? contentSizeBytes(sizeBytes) : sizeBytes;
  const buffer = randomFillSync(Buffer.allocUnsafeSlow(Math.min(total, MIB)));
  for (let start = 0; start < total; start += PIECE_BYTES) {
    if (start % MIB === 0) buffer.writeUInt32LE(start / MIB);
    const from = start % MIB;
    const to = Math.min(from + PIECE_BYTES, from + total - start);
    yield await Promise.resolve(buffer.subarray(from, to));
  }
}

function blobOf({ blob }: ContentCase): BenchBlob {
  if (blob === undefined) throw new TypeError('a fetch needs a blob');
  return blob;
}
