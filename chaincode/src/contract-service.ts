/**
 * What one organization's contract service brings to its contracts. Nothing of it is ever written
 * to the ledger: a clock that may only refuse, and a key that only opens and computes.
 *
 * @module
 */
import type { PublicKey, Rng } from '@emr-share/crypto';
import type { MspId, UnixMillis } from '@emr-share/model';

/** The service's own clock, against which the times that clients claim are checked. */
export interface Clock {
  now(): UnixMillis;
}

/** The secret half of an organization's custodian key, behind the only two uses it has. */
export interface CustodianKey {
  readonly publicKey: PublicKey;

  /**
   * Opens what was sealed to this key in this context.
   *
   * @throws CryptoError `SEALED_BOX_INVALID`.
   */
  open(sealed: Uint8Array, context: Uint8Array): Uint8Array;

  /**
   * Deterministic stream for one re-encryption's proof; `context` names every input of it.
   *
   * @see docs/protocol.md §4.4
   */
  proofRng(context: Uint8Array): Rng;
}

/** Dependencies of the contracts of one organization. */
export interface ContractService {
  /** The organization that this service endorses for, and whose fragments it can open. */
  readonly mspId: MspId;
  readonly clock: Clock;
  readonly custodian: CustodianKey;
}

/** Where contracts get their service from, at each call: a process may have to open it first. */
export type ServiceSource = () => Promise<ContractService>;
