/**
 * Errors of the command line itself. What the SDK, the ledger and the stores say is an `EmrError`.
 *
 * @module
 */

/** Code → when. */
export type CliErrorCode =
  /** The command line cannot be understood: unknown option, missing argument, bad value. */
  | 'USAGE'
  /** A file to read is missing, empty, a directory, or not readable. */
  | 'FILE_UNREADABLE'
  /** A file to write cannot be written. */
  | 'FILE_UNWRITABLE'
  /** A file to write is there already. */
  | 'FILE_EXISTS'
  /** The data directory cannot be used. */
  | 'DATA_UNUSABLE'
  /** A prefix of an ID fits several. */
  | 'ID_AMBIGUOUS'
  /** No keystore was ever made in the data directory. */
  | 'NO_KEYSTORE'
  /** The keystore's user has no certificate. */
  | 'NOT_ENROLLED'
  /** No passphrase was given, and there is no terminal to ask at. */
  | 'PASSPHRASE_MISSING'
  /** A warning: others can read the passphrase's file. */
  | 'PASSPHRASE_EXPOSED'
  /** The passphrases typed differ, or the passphrase is too short. */
  | 'PASSPHRASE_REFUSED'
  /** No network was set up by this user, and no folder named. */
  | 'NO_NETWORK'
  /** Some node of the network does not do its work, or the doctor found what must be mended. */
  | 'NETWORK_UNWELL'
  /** A step of the demo ended otherwise than it must. */
  | 'DEMO_FAILED'
  /** A drill lost something that was acknowledged, or its ledgers differ. */
  | 'DRILL_FAILED'
  /** A drill needs what this network does not have. */
  | 'DRILL_IMPOSSIBLE'
  /** Ctrl+C. */
  | 'INTERRUPTED';

/** An error with a message that says what was wrong and what to do; it never holds a secret. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: CliErrorCode,
    message: string,
    options: ErrorOptions & { details?: Record<string, unknown> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = options.details ?? {};
  }
}
