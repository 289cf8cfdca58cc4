/**
 * What every command needs of one call: its options, its voice, its user.
 *
 * @module
 */
import { UserId } from '@emr-share/model';
import type { Command } from 'commander';
import * as v from 'valibot';
import { DataDirectory } from './data/data-directory.js';
import { CliError } from './errors/cli-error.js';
import type { Host } from './host.js';
import { PassphraseSource } from './input/passphrase.js';
import { Output } from './output/output.js';

/** The options that all commands take; see program.ts. */
export interface GlobalOptions {
  readonly data?: string;
  readonly profile?: string;
  readonly as?: UserId;
  readonly json?: boolean;
  readonly passphraseFile?: string;
  readonly color: boolean;
  readonly wait: number;
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

export class Call {
  readonly host: Host;
  readonly output: Output;
  readonly data: DataDirectory;
  /** File of the connection profile; left out: the embedded consortium. */
  readonly profile: string | undefined;
  readonly passphrases: PassphraseSource;
  /** How long to wait for another process that has the data directory open. */
  readonly waitMs: number;
  readonly #as: UserId | undefined;

  constructor(host: Host, command: Command) {
    const options = command.optsWithGlobals<GlobalOptions>();
    this.host = host;
    this.output = new Output(host, { json: options.json === true, color: options.color });
    this.data = new DataDirectory(options.data, host.env);
    this.profile = nonEmpty(options.profile ?? host.env['EMR_PROFILE']);
    this.passphrases = new PassphraseSource(host, {
      file: options.passphraseFile ?? nonEmpty(host.env['EMR_PASSPHRASE_FILE']),
      onWarning: (message) => {
        this.output.warn({ code: 'PASSPHRASE_EXPOSED', message, details: {} });
      },
    });
    this.waitMs = options.wait * 1000;
    this.#as = options.as;
  }

  get signal(): AbortSignal {
    return this.host.signal;
  }

  /** The user named by `--as` or `EMR_USER`; `null` where neither is there. */
  namedUser(): UserId | null {
    if (this.#as !== undefined) return this.#as;
    const fromEnv = nonEmpty(this.host.env['EMR_USER']);
    if (fromEnv === undefined) return null;
    if (v.is(UserId, fromEnv)) return fromEnv;
    throw new CliError('USAGE', 'EMR_USER is not a user ID such as dr.weber');
  }

  /**
   * Whose keystore to use: the user named, else the only one there is.
   *
   * @throws CliError `USAGE` where that leaves several.
   */
  async user(): Promise<UserId> {
    const named = this.namedUser();
    if (named !== null) return named;
    const users = await this.data.users();
    const [only, ...others] = users;
    if (only === undefined) {
      throw new CliError('NO_KEYSTORE', `there is no keystore in ${this.data.path}`, {
        details: { path: this.data.path },
      });
    }
    if (others.length === 0) return only;
    throw new CliError(
      'USAGE',
      `several users have a keystore here; say which with --as: ${users.join(', ')}`,
      {
        details: { users },
      },
    );
  }
}
