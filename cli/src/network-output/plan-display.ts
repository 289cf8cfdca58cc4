/**
 * What is being done, while it is done: on a terminal a line that is drawn over, elsewhere a line for
 * each finished step.
 *
 * @module
 */
import type { OnProgress, ProgressEvent } from '@emr-share/network';
import type { Host } from '../host.js';
import { elapsed } from '../output/local-time.js';
import type { Output } from '../output/output.js';
import { printable } from '../output/printable.js';
import { byteSize } from '../output/size.js';

const WIDTH = 96;
const CLEAR_LINE = '\r\u001b[2K';
/** A step that takes longer is announced before it begins. */
const LONG_MS = 15_000;
/** Between two notes on the same download. */
const DOWNLOAD_NOTE_MS = 5_000;

function downloadText({ what, doneBytes, totalBytes }: ProgressEvent & { kind: 'bytes' }): string {
  const name = what.slice(what.lastIndexOf('/') + 1);
  const total = totalBytes === undefined ? '' : ` of ${byteSize(totalBytes)}`;
  return `${name}: ${byteSize(doneBytes)}${total}`;
}

/** The display of one plan. Silent with `--json`. */
export class PlanDisplay {
  readonly #host: Host;
  readonly #output: Output;
  readonly #running = new Map<string, string>();
  #planned = 0;
  #done = 0;
  #left = 0;
  #lastDownloadNote = 0;

  constructor(host: Host, output: Output) {
    this.#host = host;
    this.#output = output;
  }

  readonly onProgress: OnProgress = (event) => {
    if (this.#output.isJson) return;
    this.#take(event);
    this.#draw();
  };

  /** Steps that were done, and those that had been done before. */
  get counts(): { done: number; left: number } {
    return { done: this.#done, left: this.#left };
  }

  /** Takes the line off the screen. */
  stop(): void {
    if (this.#output.isLive) this.#host.stderr.write(CLEAR_LINE);
  }

  #take(event: ProgressEvent): void {
    switch (event.kind) {
      case 'planned':
        this.#planned = event.steps;
        break;
      case 'started':
        this.#begin(event);
        break;
      case 'finished':
        this.#done += 1;
        this.#running.delete(event.step);
        this.#line(`${event.title} (${elapsed(event.ms)})`);
        break;
      case 'skipped':
        this.#left += 1;
        break;
      case 'failed':
        this.#running.delete(event.step);
        break;
      case 'note':
        this.#line(event.text);
        break;
      case 'bytes':
        this.#download(downloadText(event));
        break;
    }
  }

  #begin({ step, title, estimateMs = 0 }: ProgressEvent & { kind: 'started' }): void {
    this.#running.set(step, title);
    if (estimateMs > LONG_MS) this.#line(`${title}: this may take ${elapsed(estimateMs)}`);
  }

  #download(text: string): void {
    const now = Date.now();
    if (now - this.#lastDownloadNote < DOWNLOAD_NOTE_MS) return;
    this.#lastDownloadNote = now;
    this.#line(text);
  }

  #line(text: string): void {
    this.stop();
    this.#host.stderr.write(`${printable(text)}\n`);
  }

  #draw(): void {
    if (!this.#output.isLive || this.#planned === 0) return;
    const counted = `${String(this.#done + this.#left)}/${String(this.#planned)}`;
    const text = `${counted}  ${[...this.#running.values()].join(' · ')}`;
    this.#host.stderr.write(`${CLEAR_LINE}${printable(text).slice(0, WIDTH)}`);
  }
}
