/**
 * The keystore: a user's seed and enrolment key in one passphrase-encrypted file.
 *
 * @module
 */
import { generateKeyPair as generateKeyPairCallback, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import {
  CryptoError,
  DEFAULT_SCRYPT_COST,
  openWithPassphrase,
  sealWithPassphrase,
  systemRng,
  type ScryptCost,
} from '@emr-share/crypto';
import { canonicalBytes, EmrError, parseJson, validate } from '@emr-share/model';
import { bytesToHex, hexToBytes } from '../bytes.js';
import { Keyring } from '../keyring.js';
import type { RotationStore } from '../keys/rotation-store.js';
import type { Identity } from '../ports/identity.js';
import { writeFileAtomically } from './atomic-file.js';
import { certificateRequest } from './certificate-request.js';
import { createIdentity } from './create-identity.js';
import {
  boxContext,
  KeystoreContent,
  KeystoreSecrets,
  KeystoreUser,
  type KeystoreFacts,
  versionFor,
} from './keystore-format.js';
import { invalid, readPrivateFile } from './private-file.js';

const generateKeyPair = promisify(generateKeyPairCallback);
const MIN_PASSPHRASE_CHARS = 8;

export interface CreateKeystoreOptions extends KeystoreUser {
  /** At least 8 characters; compared in Unicode form NFKC. */
  readonly passphrase: string;
  /** Default {@link DEFAULT_SCRYPT_COST}: some 0.3 s and 128 MiB for each try. */
  readonly scryptCost?: ScryptCost | undefined;
}

/**
 * An opened keystore. It prints as its public facts; the secrets leave it only as what the keyring
 * and the identity compute with them.
 */
export class KeystoreFile {
  readonly path: string;
  readonly facts: KeystoreFacts;
  readonly keyring: Keyring;
  readonly #secrets: KeystoreSecrets;

  private constructor(path: string, facts: KeystoreFacts, secrets: KeystoreSecrets) {
    this.path = path;
    this.facts = facts;
    this.keyring = keyringOf(secrets);
    this.#secrets = secrets;
  }

  /**
   * Makes a keystore with a fresh seed and a fresh P-256 enrolment key, readable by its owner only.
   * A file that is there is never touched. There is no way to read the records without this file and
   * its passphrase: keep a copy.
   *
   * @throws EmrError `KEYSTORE_EXISTS`; `INPUT_INVALID`.
   */
  static async create(path: string, options: CreateKeystoreOptions): Promise<KeystoreFile> {
    const { passphrase, scryptCost = DEFAULT_SCRYPT_COST, ...claimed } = options;
    const user = validate(KeystoreUser, claimed, 'the keystore user');
    assertPassphrase(passphrase);
    const seed = systemRng(32);
    const keyring = Keyring.fromSeed(seed);
    const { publicKey, privateKey } = await generateKeyPair('ec', { namedCurve: 'prime256v1' });
    const facts: KeystoreFacts = {
      user,
      verifyingKey: keyring.verifyingKeyHex,
      readerKey: keyring.readerKeyHex,
      enrolmentKeyPem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    };
    const secrets: KeystoreSecrets = {
      seedHex: bytesToHex(seed),
      enrolmentKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    };
    const content = await sealed(facts, secrets, passphrase, scryptCost);
    await write(path, content, false);
    return new KeystoreFile(path, facts, secrets);
  }

  /**
   * Opens a keystore.
   *
   * @throws EmrError `KEYSTORE_NOT_FOUND`; `KEYSTORE_INVALID`, also where others can read the file;
   *   `KEYSTORE_LOCKED` for another passphrase, or a file that was altered.
   */
  static async open(path: string, passphrase: string): Promise<KeystoreFile> {
    const { version, facts, secrets: box } = await readContent(path);
    if (passphrase === '') throw new EmrError('KEYSTORE_LOCKED', { path });
    const context = boxContext(facts, version);
    const opened = await openWithPassphrase(box, passphrase, { context }).catch(
      (cause: unknown) => {
        throw cause instanceof RangeError || CryptoError.is(cause, 'PASSPHRASE_WRONG')
          ? new EmrError('KEYSTORE_LOCKED', { path }, { cause })
          : cause;
      },
    );
    const secrets = parseJson(KeystoreSecrets, new TextDecoder().decode(opened), 'the keystore');
    return new KeystoreFile(path, facts, secrets);
  }

  /** Reads what a keystore says without its passphrase. Throws as {@link KeystoreFile.open}. */
  static async read(path: string): Promise<KeystoreFacts> {
    return (await readContent(path)).facts;
  }

  /**
   * Adds the certificate that the organization's CA issued for {@link KeystoreFacts.enrolmentKeyPem},
   * or replaces it with a renewed one. Needs no passphrase.
   *
   * @throws EmrError `INPUT_INVALID` where it is no certificate of that key.
   */
  static async addCertificate(path: string, certificatePem: string): Promise<KeystoreFacts> {
    const content = await readContent(path);
    assertCertifies(certificatePem, content.facts.enrolmentKeyPem);
    const facts = { ...content.facts, certificatePem };
    await write(path, { ...content, facts }, true);
    return facts;
  }

  /**
   * Puts a recovered seed in the place of the keystore's own, under the same passphrase; enrolment key
   * and certificate stay.
   *
   * @param seed - 32 bytes, from `KeyRecovery.finish`.
   * @param earlier - The seeds that it has replaced, the oldest first, from there as well.
   * @throws EmrError as {@link KeystoreFile.open}.
   */
  static async adopt(
    path: string,
    passphrase: string,
    seed: Uint8Array,
    earlier: readonly Uint8Array[] = [],
  ): Promise<KeystoreFile> {
    const former = await KeystoreFile.open(path, passphrase);
    return former.#replace(passphrase, {
      seedHex: bytesToHex(seed),
      earlierSeedsHex: earlier.map(bytesToHex),
    });
  }

  /**
   * Where a rotation of the keys keeps its seed: in the keystore's own box. The file is written twice,
   * and says the new keys from the second time on.
   *
   * @returns what `Keys.rotate` wants; it throws EmrError as {@link KeystoreFile.open}.
   */
  static rotation(path: string, passphrase: string): RotationStore {
    return {
      begin: async (proposed) => {
        const keystore = await KeystoreFile.open(path, passphrase);
        const { pendingSeedHex } = keystore.#secrets;
        if (pendingSeedHex !== undefined) return hexToBytes(pendingSeedHex);
        const { seedHex, earlierSeedsHex } = keystore.#secrets;
        await keystore.#replace(passphrase, {
          seedHex,
          earlierSeedsHex,
          pendingSeedHex: bytesToHex(proposed),
        });
        return proposed;
      },
      commit: async () => {
        const keystore = await KeystoreFile.open(path, passphrase);
        const { seedHex, earlierSeedsHex = [], pendingSeedHex } = keystore.#secrets;
        if (pendingSeedHex === undefined) return;
        await keystore.#replace(passphrase, {
          seedHex: pendingSeedHex,
          earlierSeedsHex: [...earlierSeedsHex, seedHex],
        });
      },
    };
  }

  /** Writes the file anew with other seeds. */
  async #replace(
    passphrase: string,
    seeds: Omit<KeystoreSecrets, 'enrolmentKeyPem'>,
  ): Promise<KeystoreFile> {
    const { path } = this;
    const { earlierSeedsHex = [] } = seeds;
    const { enrolmentKeyPem } = this.#secrets;
    const secrets: KeystoreSecrets = {
      ...seeds,
      enrolmentKeyPem,
      earlierSeedsHex: earlierSeedsHex.length === 0 ? undefined : earlierSeedsHex,
    };
    const { verifyingKeyHex: verifyingKey, readerKeyHex: readerKey } = keyringOf(secrets);
    // Read again: the certificate may have been renewed since this one was opened.
    const { facts: current, secrets: box } = await readContent(path);
    const keyNumber = earlierSeedsHex.length === 0 ? undefined : earlierSeedsHex.length;
    const facts: KeystoreFacts = { ...current, verifyingKey, readerKey, keyNumber };
    const { N, r, p } = box.kdf;
    await write(path, await sealed(facts, secrets, passphrase, { N, r, p }), true);
    return new KeystoreFile(path, facts, secrets);
  }

  /**
   * A request for a certificate of the enrolment key, under the user ID: for a CA that wants one.
   *
   * @returns PKCS #10, PEM.
   */
  certificateRequest(): Promise<string> {
    return certificateRequest(this.facts.user.userId, this.#secrets.enrolmentKeyPem);
  }

  /**
   * The identity that calls the ledger.
   *
   * @throws EmrError `KEYSTORE_INVALID` before a certificate was added.
   */
  identity(): Identity {
    const { certificatePem, user } = this.facts;
    if (certificatePem === undefined) throw invalid(this.path, 'it has no certificate yet');
    const privateKeyPem = this.#secrets.enrolmentKeyPem;
    return createIdentity({ mspId: user.mspId, certificatePem, privateKeyPem });
  }
}

function keyringOf({ seedHex, earlierSeedsHex = [], pendingSeedHex }: KeystoreSecrets): Keyring {
  return Keyring.fromSeed(hexToBytes(seedHex), {
    earlier: earlierSeedsHex.map(hexToBytes),
    pending: pendingSeedHex === undefined ? undefined : hexToBytes(pendingSeedHex),
  });
}

async function sealed(
  facts: KeystoreFacts,
  secrets: KeystoreSecrets,
  passphrase: string,
  params: ScryptCost,
): Promise<KeystoreContent> {
  const version = versionFor(secrets);
  const context = boxContext(facts, version);
  const options = { context, params };
  const box = await sealWithPassphrase(canonicalBytes(secrets), passphrase, options);
  return { format: 'emr-share-keystore', version, facts, secrets: box };
}

function assertPassphrase(passphrase: string): void {
  if (passphrase.isWellFormed() && passphrase.length >= MIN_PASSPHRASE_CHARS) return;
  const problem = `expected at least ${MIN_PASSPHRASE_CHARS} characters`;
  throw new EmrError('INPUT_INVALID', { what: 'the passphrase', problem });
}

function assertCertifies(certificatePem: string, enrolmentKeyPem: string): void {
  const refuse = (problem: string, cause?: unknown): EmrError =>
    new EmrError('INPUT_INVALID', { what: 'the certificate', problem }, { cause });
  let certified: string;
  try {
    const { publicKey } = new X509Certificate(certificatePem);
    certified = publicKey.export({ format: 'pem', type: 'spki' }) as string;
  } catch (cause) {
    throw refuse('it cannot be read', cause);
  }
  if (certified !== enrolmentKeyPem) throw refuse('it is for another key than the keystore has');
}

async function readContent(path: string): Promise<KeystoreContent> {
  const text = await readPrivateFile(path);
  try {
    return parseJson(KeystoreContent, text, 'the keystore');
  } catch (cause) {
    if (!EmrError.is(cause, 'INPUT_INVALID')) throw cause;
    throw invalid(path, cause.details.problem, cause);
  }
}

async function write(path: string, content: KeystoreContent, overwrite: boolean): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  try {
    await writeFileAtomically(path, text, { mode: 0o600, overwrite });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new EmrError('KEYSTORE_EXISTS', { path }, { cause });
    }
    throw cause;
  }
}
