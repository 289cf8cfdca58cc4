/**
 * What the story runs on. The story knows no more than this.
 *
 * @module
 */
import type { BlobStore, Ledger } from '@emr-share/gateway-client';
import type { MspId, Role, UserId } from '@emr-share/model';

/** What an organization's CA is asked to certify. */
export interface DemoEnrolment {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string;
}

/** Damage done on purpose. */
export interface Damage {
  /** What was changed, in words. */
  readonly what: string;
  /** Puts it right again. */
  heal(): Promise<void>;
}

/** What one copy of the ledger was found to be. */
export interface VerifiedCopy {
  readonly mspId: MspId;
  /** Who keeps it, for the narration: the organization, or one of its peers. */
  readonly holder: string;
  /** Number of blocks. */
  readonly height: number;
  readonly transactions: number;
}

export interface Verified {
  readonly copies: readonly VerifiedCopy[];
  /** What was looked at, for the narration. */
  readonly proof: string;
}

export interface DemoBackend extends AsyncDisposable {
  /** As the report names it. */
  readonly name: string;
  /** Three hospitals: the patient's own, a second and a third. */
  readonly organizations: readonly [MspId, MspId, MspId];
  readonly blobs: BlobStore;
  /** The user ID of somebody whom the story calls by that name. */
  userId(name: UserId): UserId;
  /** Has a user enrolled by an organization. @returns the ledger as that user sees it. */
  enrol(mspId: MspId, enrolment: DemoEnrolment): Promise<Ledger>;
  /** The ledger as an organization's admin sees it. */
  admin(mspId: MspId): Promise<Ledger>;
  /** Flips one bit of a stored block of `cid`, behind the back of the store. */
  damage(cid: string): Promise<Damage>;
  /** Verifies every copy of the ledger. Throws `LEDGER_CORRUPT`. */
  verify(): Promise<Verified>;
}
