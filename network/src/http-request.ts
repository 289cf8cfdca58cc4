import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { NetworkError, problemOf } from './errors.js';

/** What a request over TLS proves and believes. */
export interface TlsIdentity {
  /** PEM of the roots that the server's certificate must lead to. */
  ca: string;
  cert?: string | undefined;
  key?: string | undefined;
}

export interface HttpOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  tls?: TlsIdentity;
  /** For the whole exchange; 10 s by default. */
  limitMs?: number;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

const LIMIT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

function exchange(url: string, options: HttpOptions, signal: AbortSignal): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, tls } = options;
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers: { ...headers, ...length }, signal, agent: false, ...tls },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * One request to a node's own HTTP interface, on a connection of its own. Unlike `fetch` it takes
 * client certificates and private roots.
 *
 * @throws {@link NetworkError} REQUEST_FAILED where no answer came; any status is an answer
 */
export async function httpRequest(url: string, options: HttpOptions = {}): Promise<HttpAnswer> {
  const limit = AbortSignal.timeout(options.limitMs ?? LIMIT_MS);
  const { signal } = options;
  try {
    return await exchange(
      url,
      options,
      signal === undefined ? limit : AbortSignal.any([limit, signal]),
    );
  } catch (error) {
    signal?.throwIfAborted();
    const { origin, pathname } = new URL(url);
    const details = { url: `${origin}${pathname}`, problem: problemOf(error) };
    throw new NetworkError('REQUEST_FAILED', details, { cause: error });
  }
}
