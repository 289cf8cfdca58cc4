/**
 * Opening what a command works on: the user's keystore, the network, and a client over both.
 *
 * @module
 */
import { connect, type EmrClient, type RotationStore } from '@emr-share/gateway-client';
import { KeystoreFile, type KeystoreUser } from '@emr-share/gateway-client/node';
import type { Call } from '../call.js';
import { CliError } from '../errors/cli-error.js';
import { openUserNetwork, type UserNetwork } from './user-network.js';

/** Opens a keystore, and again after it was written, with the passphrase that was given once. */
export interface KeystoreDoor {
  readonly path: string;
  open(): Promise<KeystoreFile>;
  /** Puts a recovered seed into it, and those that it has replaced. */
  adopt(seed: Uint8Array, earlier: readonly Uint8Array[]): Promise<KeystoreFile>;
  /** Where a rotation of the keys keeps its seed. */
  rotation(): RotationStore;
}

/** Asks for the passphrase of the call's user. Throws `KEYSTORE_NOT_FOUND`, `KEYSTORE_INVALID`. */
export async function keystoreDoor(call: Call): Promise<KeystoreDoor> {
  const userId = await call.user();
  const path = call.data.keystoreOf(userId);
  // A missing or damaged keystore is named before anyone is asked for its passphrase.
  await KeystoreFile.read(path);
  const passphrase = await call.passphrases.ask(userId);
  return {
    path,
    open: () => KeystoreFile.open(path, passphrase),
    adopt: (seed, earlier) => KeystoreFile.adopt(path, passphrase, seed, earlier),
    rotation: () => KeystoreFile.rotation(path, passphrase),
  };
}

/** Runs `use` on the network of the call, and closes it. Throws as {@link openUserNetwork}. */
export async function withNetwork<T>(
  call: Call,
  use: (network: UserNetwork) => Promise<T>,
): Promise<T> {
  await using network = await openUserNetwork(call);
  return await use(network);
}

/** Runs `use` on a client of the keystore's user. */
export async function withConnection<T>(
  call: Call,
  network: UserNetwork,
  keystore: KeystoreFile,
  use: (client: EmrClient) => Promise<T>,
): Promise<T> {
  await using client = await connect({
    ledger: network.ledger(keystore.identity()),
    blobs: network.blobs,
    keyring: keystore.keyring,
    signal: call.signal,
    onWarning: (warning) => {
      call.output.warn(warning);
    },
  });
  return await use(client);
}

/** The keystore of the call's user, opened. Throws CliError `NOT_ENROLLED` before `emr register`. */
export async function enrolledKeystore(call: Call): Promise<KeystoreFile> {
  return enrolled(await keystoreDoor(call));
}

/** A keystore with a certificate. Throws CliError `NOT_ENROLLED` before `emr register`. */
export async function enrolled(door: KeystoreDoor): Promise<KeystoreFile> {
  const keystore = await door.open();
  const { user, certificatePem } = keystore.facts;
  if (certificatePem !== undefined) return keystore;
  throw new CliError('NOT_ENROLLED', `${user.userId} has no certificate yet`, {
    details: { userId: user.userId },
  });
}

/** All of the above: the call's user, connected. */
export async function withClient<T>(
  call: Call,
  use: (client: EmrClient, user: KeystoreUser) => Promise<T>,
): Promise<T> {
  const keystore = await enrolledKeystore(call);
  return withNetwork(call, (network) =>
    withConnection(call, network, keystore, (client) => use(client, keystore.facts.user)),
  );
}
