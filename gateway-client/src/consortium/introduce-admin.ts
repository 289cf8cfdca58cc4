/**
 * What makes an organization a custodian: its admin is registered, its custodian key published.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { connect } from '../connect.js';
import type { Keyring } from '../keyring.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Ledger } from '../ports/ledger.js';

/** An organization's admin at the ledger. */
export interface AdminContext {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly keyring: Keyring;
  readonly signal?: AbortSignal | undefined;
}

/** An organization's custodian key as its contract service holds it. */
export interface CustodianFacts {
  /** Compressed point, 33 bytes, hex. */
  readonly publicKey: string;
  /** 1, 2, …: grows by one with each rotation. */
  readonly generation: number;
}

/**
 * Registers the admin and publishes the organization's custodian key, where that has not been done.
 * Called by the organization's admin; harmless to repeat.
 *
 * @throws EmrError `INPUT_INVALID` where the service holds another key than the ledger knows; what the
 *   ledger refuses with.
 */
export async function introduceAdmin(
  { ledger, blobs, keyring, signal }: AdminContext,
  custodian: CustodianFacts,
): Promise<void> {
  const { mspId } = ledger;
  const { publicKey, generation } = custodian;
  const { custodians } = await ledger.evaluate('registry:ListCustodians', {}, { signal });
  const published = custodians.find((one) => one.mspId === mspId);
  if (published?.publicKey === publicKey) return;
  if (published !== undefined && generation <= published.generation) {
    const problem = 'it holds another key than the ledger knows; restore it from its backup';
    throw new EmrError('INPUT_INVALID', { what: `the custodian file of ${mspId}`, problem });
  }
  await using client = await connect({ ledger, blobs, keyring, signal });
  await client.identity.register({ role: 'admin', signal });
  await ledger.submit('registry:PublishCustodian', { mspId, publicKey, generation }, { signal });
}
