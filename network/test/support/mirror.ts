import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';

const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A web server on loopback with files in memory; serves ranges, as release servers do. */
export class Mirror {
  readonly files = new Map<string, Buffer>();
  readonly requests: string[] = [];
  /** Bytes after which the next answer breaks off; `null` for whole answers. */
  breakAfter: number | null = null;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    servers.push(this.#server);
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(1);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    this.requests.push(from > 0 ? `${path} from ${String(from)}` : path);
    const file = this.files.get(path);
    if (file === undefined) {
      response.writeHead(404).end('not here');
      return;
    }
    const rest = file.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    if (this.breakAfter === null) {
      response.end(rest);
      return;
    }
    const part = rest.subarray(0, this.breakAfter);
    this.breakAfter = null;
    response.write(part, () => setTimeout(() => response.destroy(), 50));
  }
}
