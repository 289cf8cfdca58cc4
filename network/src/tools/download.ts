import { createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NetworkError, problemOf } from '../errors.js';
import type { OnProgress } from '../progress.js';

/** A transfer that brings nothing for that long is given up. */
const STALL_MS = 30_000;

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Aborts when no byte came for {@link STALL_MS}. */
class StallGuard {
  readonly #controller = new AbortController();
  readonly #timer = setInterval(() => {
    this.#tick();
  }, 1_000).unref();
  #lastMs = Date.now();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  alive(): void {
    this.#lastMs = Date.now();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (Date.now() - this.#lastMs < STALL_MS) return;
    this.#controller.abort(new Error(`nothing came for ${String(STALL_MS / 1000)} s`));
  }
}

/** What the server has: all of it, the rest of it, or nothing new (the part file is whole). */
async function request(url: string, have: number, signal: AbortSignal): Promise<Response | null> {
  const headers = have > 0 ? { range: `bytes=${String(have)}-` } : {};
  const response = await fetch(url, { headers, signal, redirect: 'follow' });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 416 && have > 0) return null;
  throw new Error(`the server answered ${String(response.status)}`);
}

async function transfer(
  url: string,
  part: string,
  guard: StallGuard,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const have = await sizeOf(part);
  const response = await request(url, have, signal);
  if (response?.body == null) return;
  const resumed = response.status === 206;
  const length = Number(response.headers.get('content-length') ?? 0);
  let doneBytes = resumed ? have : 0;
  const totalBytes = doneBytes + length;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      guard.alive();
      doneBytes += chunk.length;
      onProgress({ kind: 'bytes', what: url, doneBytes, ...(length > 0 ? { totalBytes } : {}) });
      done(null, chunk);
    },
  });
  const body = Readable.fromWeb(response.body);
  await pipeline(body, counter, createWriteStream(part, { flags: resumed ? 'a' : 'w' }), {
    signal,
  });
}

/** What `fetch` hides behind "fetch failed". */
function reasonOf(error: unknown): unknown {
  const hasCause = typeof error === 'object' && error !== null && 'cause' in error;
  return hasCause ? (error.cause ?? error) : error;
}

/**
 * Fetches a URL into a file. What an interrupted run got stays beside it (`.part`) and is continued
 * where the server can; the file itself appears whole.
 *
 * @throws {@link NetworkError} DOWNLOAD_FAILED
 */
export async function download(
  url: string,
  file: string,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<void> {
  const guard = new StallGuard();
  const signals = signal === undefined ? [guard.signal] : [guard.signal, signal];
  try {
    await transfer(url, `${file}.part`, guard, onProgress, AbortSignal.any(signals));
    await rename(`${file}.part`, file);
  } catch (error) {
    signal?.throwIfAborted();
    throw new NetworkError(
      'DOWNLOAD_FAILED',
      { url, problem: problemOf(reasonOf(error)) },
      { cause: error },
    );
  } finally {
    guard.end();
  }
}
