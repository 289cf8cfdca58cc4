/**
 * What the namespaces of one client share.
 *
 * @module
 */
import type { Rng } from '@emr-share/crypto';
import type { EmrError, MspId, UserId } from '@emr-share/model';
import type { Clock } from './clock.js';
import type { Directory } from './directory.js';
import type { Keyring } from './keyring.js';
import type { BlobStore } from './ports/blob-store.js';
import type { CallOptions, Ledger } from './ports/ledger.js';

/** Told of what went wrong without stopping the call: a custodian left out, a voice outvoted. */
export type WarningListener = (warning: EmrError) => void;

export interface ClientContext {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  /** The caller's own; another one after {@link renew}. Ask for it at each call. */
  readonly keyring: Keyring;
  /** Another one after {@link renew}. */
  readonly directory: Directory;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly warn: WarningListener;
  readonly userId: UserId;
  readonly mspId: MspId;
  /** Goes over to another keyring of the same user. */
  renew(keyring: Keyring): void;
  /** Ends when the caller aborts or the client closes. Throws the reason where that has happened. */
  signalOf(options: CallOptions | undefined): AbortSignal;
}
