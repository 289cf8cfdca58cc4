import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Namespaces } from '../hosts/namespaces.js';

/** A program of this folder that runs on a host, and answers each message with one. */
export class ChildOnHost<Told, Said> {
  readonly #child: ChildProcess;

  /** @param name - of its file, without the ending */
  constructor(machines: Namespaces, host: string, name: string) {
    const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const [program, args] = machines.on(host, [process.execPath, path]);
    this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  /** @throws TypeError where it ends instead of answering */
  async ask(message: Told): Promise<Said> {
    const aborting = new AbortController();
    const { signal } = aborting;
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new TypeError('a process of the drill has ended');
    });
    try {
      const answered = once(this.#child, 'message', { signal });
      this.#child.send(message as object);
      const [answer] = (await Promise.race([answered, ended])) as [Said];
      return answer;
    } finally {
      ended.catch(() => undefined);
      aborting.abort();
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
