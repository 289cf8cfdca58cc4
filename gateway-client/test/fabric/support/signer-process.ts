/** A signer that keeps its key in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Role } from '@emr-share/model';

const PROGRAM = fileURLToPath(new URL('signer.mjs', import.meta.url));

export class SignerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: string) => void>();
  #asked = 0;

  constructor(keystore: string, user: { userId: string; mspId: string; role: Role }) {
    const args = [PROGRAM, keystore, user.userId, user.mspId, user.role];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: string };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  certificateRequest(): Promise<string> {
    return this.#ask('request', '');
  }

  async certify(certificatePem: string): Promise<void> {
    await this.#ask('certify', certificatePem);
  }

  async sign(digest: Uint8Array): Promise<Uint8Array> {
    return Buffer.from(await this.#ask('sign', Buffer.from(digest).toString('hex')), 'hex');
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await ended;
  }

  #ask(ask: string, text: string): Promise<string> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin!.write(`${JSON.stringify({ id, ask, text })}\n`);
    });
  }
}
