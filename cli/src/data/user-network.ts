/**
 * What a user's commands work on: the embedded consortium of the data directory, or the network that a
 * connection profile describes.
 *
 * @module
 */
import type { BlobStore, Identity, Ledger } from '@emr-share/gateway-client';
import type { KeystoreFile } from '@emr-share/gateway-client/node';
import type { MspId } from '@emr-share/model';
import type { Call } from '../call.js';

/** What one copy of the ledger was found to be. */
export interface VerifiedCopy {
  readonly mspId: MspId;
  /** Left out where an organization has one copy. */
  readonly peer?: string;
  /** Number of blocks. */
  readonly height: number;
  readonly transactions: number;
  /** Hash of the newest block, hex. */
  readonly headSha256: string;
}

/** All copies that there are, found sound. */
export interface VerifiedCopies {
  readonly organizations: readonly VerifiedCopy[];
  /** Peers that could not be asked. */
  readonly unreachable?: readonly string[];
}

export interface UserNetwork extends AsyncDisposable {
  readonly blobs: BlobStore;
  ledger(identity: Identity): Ledger;
  /**
   * Has the keystore's key certified by the user's organization.
   *
   * @param secret - from the organization's admin; the embedded consortium wants none
   * @param isFurtherDevice - whether the certificates of the user's other devices stay
   * @returns the certificate, PEM.
   */
  certify(
    keystore: KeystoreFile,
    secret: string | undefined,
    isFurtherDevice?: boolean,
  ): Promise<string>;
  /** Checks every copy of the ledger. `identity` gives somebody who may read them, where it is needed. */
  verify(identity: () => Promise<Identity>): Promise<VerifiedCopies>;
}

/** Opens what the call names. */
export async function openUserNetwork(call: Call): Promise<UserNetwork> {
  const { profile } = call;
  if (profile !== undefined) {
    const { openProfileNetwork } = await import('./profile-network.js');
    return openProfileNetwork(profile, call.signal);
  }
  const { openEmbeddedNetwork } = await import('./embedded-network.js');
  return openEmbeddedNetwork(call);
}
