/**
 * Opening what a command works on: the user's keystore, the consortium, and a client over both.
 *
 * @module
 */
import { connect, type EmrClient } from '@emr-share/gateway-client';
import { KeystoreFile, type KeystoreUser } from '@emr-share/gateway-client/node';
import type { Consortium } from '@emr-share/embedded';
import type { Call } from '../call.js';
import { CliError } from '../errors/cli-error.js';
import { ORGANIZATIONS } from './organizations.js';

/** Opens a keystore, and again after it was written, with the passphrase that was given once. */
export interface KeystoreDoor {
  readonly path: string;
  open(): Promise<KeystoreFile>;
}

/** Asks for the passphrase of the call's user. Throws `KEYSTORE_NOT_FOUND`, `KEYSTORE_INVALID`. */
export async function keystoreDoor(call: Call): Promise<KeystoreDoor> {
  const userId = await call.user();
  const path = call.data.keystoreOf(userId);
  // A missing or damaged keystore is named before anyone is asked for its passphrase.
  await KeystoreFile.read(path);
  const passphrase = await call.passphrases.ask(userId);
  return { path, open: () => KeystoreFile.open(path, passphrase) };
}

/**
 * Runs `use` on the consortium of the data directory, and closes it. The first time, this founds it.
 *
 * @throws EmrError `LEDGER_BUSY` where another process has it open for longer than `--wait` says.
 */
export async function withConsortium<T>(
  call: Call,
  use: (consortium: Consortium) => Promise<T>,
): Promise<T> {
  await call.data.prepare();
  if (!(await call.data.hasConsortium())) {
    call.output.note(`Founding a consortium of ${ORGANIZATIONS.join(', ')} in ${call.data.path} …`);
  }
  // The consortium brings the contracts along: commands that do not need it start without it.
  const { Consortium } = await import('@emr-share/embedded');
  await using consortium = await Consortium.open({
    directory: call.data.consortium,
    organizations: ORGANIZATIONS,
    waitMs: call.waitMs,
    signal: call.signal,
  });
  return await use(consortium);
}

/** Runs `use` on a client of the keystore's user. */
export async function withConnection<T>(
  call: Call,
  consortium: Consortium,
  keystore: KeystoreFile,
  use: (client: EmrClient) => Promise<T>,
): Promise<T> {
  await using client = await connect({
    ledger: consortium.ledger(keystore.identity()),
    blobs: consortium.blobs,
    keyring: keystore.keyring,
    signal: call.signal,
    onWarning: (warning) => {
      call.output.warn(warning);
    },
  });
  return await use(client);
}

/** All of the above: the call's user, connected. Throws CliError `NOT_ENROLLED` before `emr register`. */
export async function withClient<T>(
  call: Call,
  use: (client: EmrClient, user: KeystoreUser) => Promise<T>,
): Promise<T> {
  const keystore = await (await keystoreDoor(call)).open();
  const { user, certificatePem } = keystore.facts;
  if (certificatePem === undefined) {
    throw new CliError('NOT_ENROLLED', `${user.userId} has no certificate yet`, {
      details: { userId: user.userId },
    });
  }
  return withConsortium(call, (consortium) =>
    withConnection(call, consortium, keystore, (client) => use(client, user)),
  );
}
