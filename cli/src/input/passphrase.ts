/**
 * Passphrases: from a file or typed at the terminal; never an argument, never in the environment.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import password from '@inquirer/password';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';

const MIN_CHARS = 8;
const MAX_BYTES = 4096;

const asIs = (text: string): string => text;
/** The prompt's own colours do not ask whether colour is wanted. */
const PLAIN = { prefix: '', style: { message: asIs, answer: asIs, error: asIs } };

export interface PassphraseOptions {
  /** File with the passphrase in its first line; left out: asked at the terminal. */
  readonly file: string | undefined;
  /** Told of a passphrase file that others can read. */
  readonly onWarning: (message: string) => void;
}

/** Where passphrases come from in one call; a file is read once. */
export class PassphraseSource {
  readonly #host: Host;
  readonly #options: PassphraseOptions;

  constructor(host: Host, options: PassphraseOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** The passphrase of the keystore of `userId`. Throws CliError `PASSPHRASE_MISSING`. */
  async ask(userId: string): Promise<string> {
    const { file } = this.#options;
    return file === undefined ? this.#prompt(`Passphrase of ${userId}:`) : this.#read(file);
  }

  /**
   * A new passphrase, typed twice.
   *
   * @throws CliError `PASSPHRASE_MISSING`; `PASSPHRASE_REFUSED` where it is too short or the two differ.
   */
  async choose(userId: string): Promise<string> {
    const passphrase = await this.#chosen(userId);
    if (passphrase.length >= MIN_CHARS) return passphrase;
    throw new CliError(
      'PASSPHRASE_REFUSED',
      `the passphrase is too short; use ${String(MIN_CHARS)} characters or more`,
    );
  }

  async #chosen(userId: string): Promise<string> {
    const { file } = this.#options;
    if (file !== undefined) return this.#read(file);
    const first = await this.#prompt(`New passphrase for ${userId}:`);
    if (first === (await this.#prompt('The same again:'))) return first;
    throw new CliError('PASSPHRASE_REFUSED', 'the two passphrases differ; nothing was made');
  }

  async #prompt(message: string): Promise<string> {
    const { stdin, stderr, signal } = this.#host;
    if (stdin.isTTY !== true || stderr.isTTY !== true) {
      throw new CliError(
        'PASSPHRASE_MISSING',
        'no terminal to ask for the passphrase at; name a file with --passphrase-file or EMR_PASSPHRASE_FILE',
      );
    }
    try {
      return await password(
        { message, mask: '*', toggleMask: false, theme: PLAIN },
        { input: stdin, output: stderr, signal },
      );
    } catch (cause) {
      throw new CliError('INTERRUPTED', 'interrupted', { cause });
    }
  }

  async #read(file: string): Promise<string> {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new CliError('PASSPHRASE_MISSING', `cannot read the passphrase file ${file}`, {
        details: { path: file },
        cause,
      });
    });
    await this.#warnOfReaders(file);
    const [line = ''] = bytes.subarray(0, MAX_BYTES).toString('utf8').split(/\r?\n/, 1);
    if (line !== '' && bytes.length <= MAX_BYTES) return line;
    throw new CliError(
      'PASSPHRASE_MISSING',
      `the first line of ${file} is not a passphrase; it is empty or the file is too long`,
      { details: { path: file } },
    );
  }

  async #warnOfReaders(file: string): Promise<void> {
    const stats = await stat(file);
    if (process.platform === 'win32' || !stats.isFile() || (stats.mode & 0o044) === 0) return;
    this.#options.onWarning(`others can read ${file}; change that with: chmod 600 ${file}`);
  }
}
