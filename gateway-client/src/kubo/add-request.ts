/**
 * Uploading to a Kubo node.
 *
 * Over `node:http` and not through kubo-rpc-client: that client gives a streamed body to `fetch`,
 * whose options cannot be set, and Node's `fetch` then keeps the whole body in memory. It also ends
 * the form in good order when the source fails, so that a cut-off upload may look like a whole one.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { closeStream } from '../byte-stream.js';
import { orAborted, withTimeLimit } from '../time-limit.js';
import { storeUnavailable, type KuboEndpoint } from './kubo-endpoint.js';
import { MARK_ENTRY } from './staging-mark.js';

const MIB = 1024 * 1024;

/** The parameters that decide the CID are all named: a node's own defaults may be others. */
const FORM = {
  'cid-version': '1',
  hash: 'sha2-256',
  'raw-leaves': 'true',
  chunker: `size-${MIB}`,
  'max-file-links': '174',
  trickle: 'false',
  inline: 'false',
  'wrap-with-directory': 'true',
  pin: 'true',
  progress: 'false',
  'stream-channels': 'true',
};

const Entry = v.object({ Name: v.string(), Hash: v.string() });
const Failure = v.object({ Message: v.string() });

export interface AddOptions {
  readonly pinName: string;
  readonly stallMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What a node has added. */
export interface Added {
  readonly cid: string;
  /** The staging mark, pinned under the name given. */
  readonly mark: string;
  readonly sizeBytes: number;
}

/**
 * Streams a blob to a node, which pins its staging mark in the same step. Holds one piece of the
 * source at a time. When the call ends early, the source is closed and the connection cut, so that
 * the node drops what it has got.
 *
 * @throws what the source throws; the signal's reason; EmrError `STORE_UNAVAILABLE`.
 */
export async function addToNode(
  { url, headers }: KuboEndpoint,
  source: AsyncIterable<Uint8Array>,
  options: AddOptions,
): Promise<Added> {
  const boundary = randomBytes(24).toString('hex');
  const target = new URL('/api/v0/add', url);
  target.search = new URLSearchParams({ ...FORM, 'pin-name': options.pinName }).toString();
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(target, {
    method: 'POST',
    headers: { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` },
  });
  const upload = new Upload(request, url, options);
  try {
    await upload.write(formHead(boundary));
    const sizeBytes = await upload.writeAll(source);
    const answer = await upload.end(`\r\n--${boundary}--\r\n`);
    return { ...entriesOf(answer, url), sizeBytes };
  } finally {
    request.destroy();
  }
}

function formHead(boundary: string): string {
  return (
    `--${boundary}\r\n` +
    `Content-Disposition: form-data; name="file"; filename="${MARK_ENTRY}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  );
}

/** One request under way. */
class Upload {
  readonly #request: ClientRequest;
  readonly #url: string;
  readonly #options: AddOptions;
  readonly #answer: Promise<string>;
  /** Ends the step under way when the node refuses or the connection breaks. */
  #fail: (cause: Error) => void = () => undefined;
  #failure: Error | null = null;

  constructor(request: ClientRequest, url: string, options: AddOptions) {
    this.#request = request;
    this.#url = url;
    this.#options = options;
    this.#answer = new Promise((resolve, reject) => {
      const onClose = (): void => {
        reject(new Error('the connection was closed'));
      };
      request.once('response', (response) => {
        request.off('close', onClose);
        answerOf(response).then(resolve, reject);
      });
      request.on('error', reject);
      request.once('close', onClose);
    });
    this.#answer.catch((cause: unknown) => {
      this.#failure = cause as Error;
      this.#fail(this.#failure);
    });
  }

  /** Resolves when the system has taken the bytes: the source may use their memory again. */
  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#untilStall(
      new Promise<void>((resolve, reject) => {
        this.#request.write(bytes, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    );
  }

  async writeAll(source: AsyncIterable<Uint8Array>): Promise<number> {
    const iterator = source[Symbol.asyncIterator]();
    let sizeBytes = 0;
    let toldBytes = 0;
    const tell = (): void => {
      if (sizeBytes === toldBytes) return;
      toldBytes = sizeBytes;
      this.#options.onProgress?.(sizeBytes);
    };
    try {
      for (;;) {
        const next = await orAborted(iterator.next(), this.#options.signal);
        if (next.done === true) break;
        if (next.value.length === 0) continue;
        await this.write(next.value);
        sizeBytes += next.value.length;
        if (sizeBytes - toldBytes >= MIB) tell();
      }
      tell();
      return sizeBytes;
    } catch (error) {
      void closeStream(source, iterator);
      throw error;
    }
  }

  /** Sends the last bytes and gives the node's answer. */
  async end(bytes: string): Promise<string> {
    this.#request.end(bytes);
    return this.#untilStall(this.#answer);
  }

  /** A step of which the callback may never come: not when the node has refused meanwhile. */
  async #untilStall<T>(step: Promise<T>): Promise<T> {
    const { stallMs, signal } = this.#options;
    try {
      return await withTimeLimit(
        stallMs,
        signal,
        () =>
          new Promise<T>((resolve, reject) => {
            this.#fail = reject;
            step.then(resolve, reject);
            if (this.#failure !== null) reject(this.#failure);
          }),
      );
    } catch (cause) {
      signal?.throwIfAborted();
      throw storeUnavailable(this.#url, cause);
    }
  }
}

/** The body of a good answer. A node tells of a failure after its first bytes in a trailer. */
async function answerOf(response: IncomingMessage): Promise<string> {
  const body = await text(response);
  const problem = response.trailers['x-stream-error'];
  if (response.statusCode === 200 && problem === undefined) return body;
  const failure = v.safeParse(Failure, parsed(body));
  throw new Error(
    problem ?? (failure.success ? failure.output.Message : `status ${response.statusCode}`),
  );
}

function entriesOf(answer: string, url: string): { cid: string; mark: string } {
  const found = new Map<string, string>();
  for (const line of answer.split('\n')) {
    const entry = v.safeParse(Entry, parsed(line));
    if (entry.success) found.set(entry.output.Name, entry.output.Hash);
  }
  const cid = found.get(MARK_ENTRY);
  const mark = found.get('');
  if (cid !== undefined && mark !== undefined) return { cid, mark };
  throw storeUnavailable(url, new Error('its answer to an upload names no content'));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
