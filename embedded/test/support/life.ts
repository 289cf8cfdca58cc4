/** Processes that are killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

const BUILT = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

export type Line =
  | { kind: 'ready' | 'open' }
  | { kind: 'put' | 'purging' | 'purged'; key: string }
  | { kind: 'private'; key: string; value: string };

/** From when on the time to the kill counts, however slow the machine is at the moment. */
export type KillAfter = 'go' | 'open' | 'put';

/** A process that has loaded everything and waits to begin. */
export class Life {
  readonly heard: Line[] = [];
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<never>;

  /** @param program - File in this folder, over the built package. */
  constructor(program: string, args: readonly string[]) {
    if (!existsSync(BUILT)) throw new Error('embedded/dist is missing; run npm run build first');
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#child = spawn(process.execPath, [path, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#child.stdout!);
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      throw new Error(`it ended: ${String(code ?? signal)}`);
    });
    this.#ended.catch(() => undefined);
    this.#lines.on('line', (line) => this.heard.push(JSON.parse(line) as Line));
  }

  /** Resolves when it has said `kind`. Rejects when it ends without. */
  async until(kind: Line['kind']): Promise<void> {
    while (!this.heard.some((line) => line.kind === kind)) {
      await Promise.race([once(this.#lines, 'line'), this.#ended]);
    }
  }

  go(): void {
    this.#child.stdin!.write('go\n');
  }

  async kill(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    expect(await closed).toEqual([null, 'SIGKILL']);
  }
}

/** Lets it live for up to `longestMs` after something, and kills it. Gives what it said. */
export async function liveAndDie(
  life: Life,
  after: KillAfter,
  longestMs: number,
): Promise<readonly Line[]> {
  await life.until('ready');
  life.go();
  if (after !== 'go') await life.until(after);
  await delay(Math.random() * longestMs);
  await life.kill();
  return life.heard;
}
