import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { addToNode } from '../../src/kubo/add-request.js';

describe('an upload', () => {
  let server: Server | undefined;

  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    if (server !== undefined) await once(server, 'close');
    server = undefined;
  });

  async function serve(listener: RequestListener): Promise<{ url: string }> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  /** `count` pieces of 64 KiB; tells when it is closed early. */
  function source(count: number) {
    let given = 0;
    let isClosed = false;
    return {
      isClosed: () => isClosed,
      [Symbol.asyncIterator]: () => ({
        next: () =>
          Promise.resolve(
            given++ < count
              ? { done: false as const, value: new Uint8Array(65_536) }
              : { done: true as const, value: undefined },
          ),
        return: () => {
          isClosed = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
  }

  const options = { pinName: 'x', stallMs: 500, signal: undefined };

  it('names every parameter that decides the CID, and the pin', async () => {
    const asked: string[] = [];
    const endpoint = await serve((request, response) => {
      asked.push(request.url ?? '', String(request.headers.authorization));
      request.resume().on('end', () => {
        response.end('{"Name":"staged","Hash":"one"}\n{"Name":"","Hash":"two"}\n');
      });
    });
    const added = await addToNode(
      { ...endpoint, headers: { authorization: 'Bearer t' } },
      source(3),
      { ...options, pinName: 'emr-share/staged/5' },
    );
    expect(added).toEqual({ cid: 'one', mark: 'two', sizeBytes: 3 * 65_536 });
    const { pathname, searchParams } = new URL(asked[0]!, endpoint.url);
    expect(pathname).toBe('/api/v0/add');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      'cid-version': '1',
      'raw-leaves': 'true',
      chunker: 'size-1048576',
      'max-file-links': '174',
      'pin-name': 'emr-share/staged/5',
    });
    expect(asked[1]).toBe('Bearer t');
  });

  it("fails with the node's words when it refuses before it has all, and closes the source", async () => {
    const endpoint = await serve((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"Message":"disk is full","Code":0,"Type":"error"}');
    });
    const endless = source(Infinity);
    await expect(addToNode(endpoint, endless, options)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { endpoint: endpoint.url },
    });
    expect(endless.isClosed()).toBe(true);
  });

  it('fails with what the node says in a trailer', async () => {
    const endpoint = await serve((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { trailer: 'X-Stream-Error' });
        response.write('{"Name":"staged","Hash":"one"}\n');
        response.addTrailers({ 'X-Stream-Error': 'pin: lost' });
        response.end();
      });
    });
    await expect(addToNode(endpoint, source(1), options)).rejects.toMatchObject({
      details: { problem: 'pin: lost' },
    });
  });

  it.each([
    ['names no content', '{"Name":"staged","Hash":"one"}'],
    ['is empty', ''],
    ['is no JSON', '<html>'],
  ])('fails when the answer %s', async (_, answer) => {
    const endpoint = await serve((request, response) => {
      request.resume().on('end', () => response.end(answer));
    });
    await expect(addToNode(endpoint, source(1), options)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('fails when the connection breaks', async () => {
    const endpoint = await serve((request) => {
      request.once('data', () => request.socket.destroy());
    });
    await expect(addToNode(endpoint, source(Infinity), options)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it.each([
    ['takes nothing more', Infinity],
    ['does not answer', 1],
  ])('fails in time when the node %s', async (_, pieces) => {
    const endpoint = await serve(() => undefined);
    await expect(addToNode(endpoint, source(pieces), options)).rejects.toMatchObject({
      details: { problem: 'no answer in 500 ms' },
    });
  });

  it('waits for a slow source for as long as it takes', async () => {
    const endpoint = await serve((request, response) => {
      request.resume().on('end', () => {
        response.end('{"Name":"staged","Hash":"one"}\n{"Name":"","Hash":"two"}\n');
      });
    });
    async function* slow() {
      await delay(900);
      yield new Uint8Array(10);
    }
    expect(await addToNode(endpoint, slow(), options)).toMatchObject({ sizeBytes: 10 });
  });

  it('gives the node no whole form when the source fails', async () => {
    const bodies: string[] = [];
    const endpoint = await serve((request) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString('latin1')));
      request.on('error', () => undefined).on('close', () => bodies.push(body));
    });
    async function* failing() {
      yield await Promise.resolve(Buffer.from('half of it'));
      throw new Error('unplugged');
    }
    await expect(addToNode(endpoint, failing(), options)).rejects.toThrow('unplugged');
    await delay(50);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toMatch(/half of it$/);
  });
});
