import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { localNode, openNetwork } from './open-network.js';

const POLL_MS = 250;
const CHUNK_BYTES = 64 * 1024;

/** Where reading goes on, and the beginning of a line that is not whole yet. */
interface Position {
  offset: number;
  rest: string;
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function* linesSince(path: string, position: Position): AsyncGenerator<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return;
  try {
    const { size } = await file.stat();
    if (size < position.offset) Object.assign(position, { offset: 0, rest: '' }); // rotated
    const decoder = new TextDecoder();
    while (position.offset < size) {
      const wanted = Math.min(CHUNK_BYTES, size - position.offset);
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(wanted),
        0,
        wanted,
        position.offset,
      );
      if (bytesRead === 0) return;
      position.offset += bytesRead;
      const text = decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      const lines = `${position.rest}${stripVTControlCharacters(text)}`.split('\n');
      position.rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    await file.close();
  }
}

/**
 * The lines that a node adds to its log from now on, without terminal colours, also across a
 * restart; ends when aborted.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, NODE_UNKNOWN
 */
export async function* followLog(
  dir: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const network = await openNetwork(dir);
  const path = network.paths.log(localNode(network, name).name);
  const position: Position = { offset: await sizeOf(path), rest: '' };
  while (!signal.aborted) {
    yield* linesSince(path, position);
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
