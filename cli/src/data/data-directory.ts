/**
 * The data directory: where keystores and the embedded consortium stay between calls.
 *
 * @module
 */
import { constants } from 'node:fs';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserId } from '@emr-share/model';
import envPaths from 'env-paths';
import * as v from 'valibot';
import { CliError } from '../errors/cli-error.js';

const KEYSTORE_SUFFIX = '.json';

/** One directory: `keystores/` (a file for each user of this machine) and `consortium/`. */
export class DataDirectory {
  readonly path: string;

  /** @param path - `--data`, else `EMR_DATA`, else the platform's place for application data. */
  constructor(path: string | undefined, env: Readonly<Record<string, string | undefined>>) {
    const fromEnv = env['EMR_DATA'] === '' ? undefined : env['EMR_DATA'];
    this.path = resolve(path ?? fromEnv ?? envPaths('emr-share', { suffix: '' }).data);
  }

  get consortium(): string {
    return join(this.path, 'consortium');
  }

  /** Whether a consortium was founded here. */
  async hasConsortium(): Promise<boolean> {
    return (await this.#attempt(() => access(this.consortium), ['ENOENT'])) !== null;
  }

  keystoreOf(userId: UserId): string {
    return join(this.path, 'keystores', `${userId}${KEYSTORE_SUFFIX}`);
  }

  /** Makes the directory where it is missing. Throws CliError `DATA_UNUSABLE`. */
  async prepare(): Promise<void> {
    await this.#attempt(async () => {
      await mkdir(join(this.path, 'keystores'), { recursive: true, mode: 0o700 });
      await access(this.path, constants.R_OK | constants.W_OK | constants.X_OK);
    });
  }

  /** The users with a keystore here, in alphabetical order. Throws CliError `DATA_UNUSABLE`. */
  async users(): Promise<readonly UserId[]> {
    const names = await this.#attempt(() => readdir(join(this.path, 'keystores')), ['ENOENT']);
    return (names ?? [])
      .filter((name) => name.endsWith(KEYSTORE_SUFFIX))
      .map((name) => name.slice(0, -KEYSTORE_SUFFIX.length))
      .filter((name) => v.is(UserId, name))
      .sort();
  }

  async #attempt<T>(run: () => Promise<T>, tolerated: readonly string[] = []): Promise<T | null> {
    try {
      return await run();
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      if (tolerated.includes(code)) return null;
      throw new CliError(
        'DATA_UNUSABLE',
        `the data directory ${this.path} cannot be used (${code}); name another with --data or EMR_DATA`,
        { details: { path: this.path, problem: code }, cause },
      );
    }
  }
}
