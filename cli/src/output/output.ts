/**
 * Everything that `emr` says: results on stdout, the rest on stderr, as text or as JSON.
 *
 * @module
 */
import pc from 'picocolors';
import type { CliError } from '../errors/cli-error.js';
import type { EmrError } from '@emr-share/model';
import type { NetworkError } from '@emr-share/network';
import type { Host, OutputStream } from '../host.js';
import { printable } from './printable.js';

export interface OutputOptions {
  readonly json: boolean;
  /** `false`: no colour even on a terminal. */
  readonly color: boolean;
}

/** The parts of an error that are for the user. */
export type Reportable = Pick<EmrError | CliError | NetworkError, 'code' | 'message' | 'details'>;

function mayColor(stream: OutputStream, { env }: Host): boolean {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return stream.isTTY === true && !refused;
}

/** The voice of one call. */
export class Output {
  readonly isJson: boolean;
  /** Colours for text on stdout; they do nothing where colour is not wanted. */
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly #host: Host;
  readonly #stderrColors: ReturnType<typeof pc.createColors>;

  constructor(host: Host, options: OutputOptions) {
    this.#host = host;
    this.isJson = options.json;
    this.colors = pc.createColors(options.color && mayColor(host.stdout, host));
    this.#stderrColors = pc.createColors(options.color && mayColor(host.stderr, host));
  }

  /** Whether lines that are drawn over, such as progress bars, make sense. */
  get isLive(): boolean {
    return !this.isJson && this.#host.stderr.isTTY === true;
  }

  /** The result of the call: `value` with `--json`, else `text`. */
  result(value: unknown, text: string): void {
    this.#write(this.#host.stdout, this.isJson ? JSON.stringify(value, null, 2) : text);
  }

  /** One of many results, as they come: one line of JSON each with `--json`. */
  line(value: unknown, text: string): void {
    this.#write(this.#host.stdout, this.isJson ? JSON.stringify(value) : text);
  }

  /** The result where stdout carries content. */
  resultAside(value: unknown, text: string): void {
    this.#write(this.#host.stderr, this.isJson ? JSON.stringify(value) : text);
  }

  /** What happens meanwhile; silent with `--json`. */
  note(text: string): void {
    if (!this.isJson) this.#write(this.#host.stderr, printable(text));
  }

  /** What went wrong without ending the call. */
  warn(warning: Reportable): void {
    this.#report('warning', warning, `${this.#stderrColors.yellow('emr: warning:')} `);
  }

  /** Why the call ends. `hint` says what to do. */
  error(error: Reportable, hint?: string): void {
    this.#report('error', error, `${this.#stderrColors.red('emr:')} `, hint);
  }

  #report(kind: 'error' | 'warning', reported: Reportable, prefix: string, hint?: string): void {
    const { code, message, details } = reported;
    if (this.isJson) {
      const body =
        hint === undefined ? { code, message, details } : { code, message, hint, details };
      this.#write(this.#host.stderr, JSON.stringify({ [kind]: body }));
      return;
    }
    const sentence = printable(message.replaceAll('\n', ' '));
    this.#write(
      this.#host.stderr,
      `${prefix}${sentence}${hint === undefined ? '' : `\n     ${hint}`}`,
    );
  }

  #write(stream: OutputStream, text: string): void {
    stream.write(`${text}\n`);
  }
}
