/**
 * The demo's voice: chapters, numbered steps, what each one proves and how long it took.
 *
 * @module
 */
import type { Host } from '../host.js';
import { elapsed } from '../output/local-time.js';
import type { Output } from '../output/output.js';
import { printable } from '../output/printable.js';
import { showProgress, type Progress } from '../output/progress.js';
import type { StepReport } from './report.js';

const WIDTH = 88;
const INDENT = '     ';

/** Breaks text at spaces so that it fits the width, every line indented. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((text) => `${INDENT}${text}`).join('\n');
}

export class Narrator {
  readonly #host: Host;
  readonly #output: Output;

  constructor(host: Host, output: Output) {
    this.#host = host;
    this.#output = output;
  }

  say(text: string): void {
    this.#host.stdout.write(`${printable(text)}\n`);
  }

  title(text: string): void {
    this.#host.stdout.write(`${this.#output.colors.bold(printable(text))}\n`);
  }

  chapter(title: string): void {
    this.#host.stdout.write(`\n${this.#output.colors.bold(printable(title))}\n`);
  }

  /** Who is going to do what. */
  begin(number: number, actor: string, name: string): void {
    const line = ` ${String(number).padStart(2)}. ${actor}: ${name}`;
    this.#host.stdout.write(`${printable(line)}\n`);
  }

  /** How it ended, how long it took, and what that proves. */
  end(step: StepReport, proof: string): void {
    const { green, yellow, dim } = this.#output.colors;
    const outcome =
      step.outcome === 'ok' ? green('ok') : yellow(`denied ${step.code ?? 'without a code'}`);
    this.#host.stdout.write(`${INDENT}${outcome} ${dim(`(${elapsed(step.ms)})`)}\n`);
    if (proof !== '') this.#host.stdout.write(`${printable(wrapped(proof))}\n`);
  }

  /** Lines that belong to the step before. */
  aside(text: string): void {
    const lines = printable(text).split('\n');
    this.#host.stdout.write(`${lines.map((line) => `${INDENT}${line}`).join('\n')}\n`);
  }

  progress(label: string, totalBytes: number): Progress {
    return showProgress(this.#host.stderr, this.#output.isLive, `${INDENT}${label}`, totalBytes);
  }
}
