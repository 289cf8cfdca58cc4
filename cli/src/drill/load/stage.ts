import type { BlobStore, Identity, Ledger } from '@emr-share/gateway-client';
import type { MspId, Role, UserId } from '@emr-share/model';

/** What people need of a network: the embedded consortium and the real one both have it. */
export interface Stage {
  /** The hospitals. */
  readonly organizations: readonly MspId[];
  readonly blobs: BlobStore;
  enrol(mspId: MspId, user: { readonly userId: UserId; readonly role: Role }): Promise<Identity>;
  ledger(identity: Identity): Ledger;
}
