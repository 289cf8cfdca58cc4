/**
 * The folder of a CA: its root, its key, every certificate it issued, its revocation list.
 *
 * @module
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserId } from '@emr-share/model';
import { errorCode, makeDirectory } from '../blobs/durable-directory.js';
import { SECRET_FILE_MODE, writeFileDurably } from '../files.js';

/** Paths below one `ca/` folder. */
export class AuthorityFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async create(certificatePem: string, privateKeyPem: string): Promise<void> {
    await mkdir(join(this.#directory, 'issued'), { recursive: true, mode: 0o700 });
    await writeFileDurably(this.#path('key.pem'), privateKeyPem, SECRET_FILE_MODE);
    await writeFileDurably(this.#path('certificate.pem'), certificatePem);
  }

  async read(): Promise<{ certificatePem: string; privateKeyPem: string }> {
    const [certificatePem, privateKeyPem] = await Promise.all(
      ['certificate.pem', 'key.pem'].map((name) => readFile(this.#path(name), 'utf8')),
    );
    return { certificatePem: certificatePem ?? '', privateKeyPem: privateKeyPem ?? '' };
  }

  /** Certificates issued to a user, in no particular order. */
  async issuedTo(userId: UserId): Promise<string[]> {
    const folder = this.#path('issued', userId);
    const names = await readdir(folder).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const issued = names.filter((name) => name.endsWith('.pem'));
    return Promise.all(issued.map((name) => readFile(join(folder, name), 'utf8')));
  }

  async addIssued(userId: UserId, serialNumber: string, certificatePem: string): Promise<void> {
    await makeDirectory(this.#path('issued', userId));
    await writeFileDurably(this.#path('issued', userId, `${serialNumber}.pem`), certificatePem);
  }

  /** The revocation list, PEM; `null` while nothing has been revoked. */
  readRevocations(): Promise<string | null> {
    return readFile(this.#path('revoked.pem'), 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
  }

  writeRevocations(crlPem: string): Promise<void> {
    return writeFileDurably(this.#path('revoked.pem'), crlPem);
  }

  #path(...names: string[]): string {
    return join(this.#directory, ...names);
  }
}
