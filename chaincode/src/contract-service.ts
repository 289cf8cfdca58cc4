/**
 * What one organization's contract service brings to its contracts. Nothing of it is ever written
 * to the ledger: a clock that may only refuse, and a key that only opens and computes.
 *
 * @module
 */
import type { PublicKey, Rng } from '@emr-share/crypto';
import type { KeyGeneration, MspId, UnixMillis } from '@emr-share/model';

/** The service's own clock, against which the times that clients claim are checked. */
export interface Clock {
  now(): UnixMillis;
}

/** The secret half of one custodian key of an organization, behind the only uses it has. */
export interface CustodianKey {
  readonly publicKey: PublicKey;

  /**
   * Opens what was sealed to this key in this context.
   *
   * @throws CryptoError `SEALED_BOX_INVALID`.
   */
  open(sealed: Uint8Array, context: Uint8Array): Uint8Array;

  /**
   * Seals to this very key, or to a recipient's. The same message in the same context gives the same
   * box, so that an organization's endorsers agree; to others it is as random as any box.
   */
  seal(message: Uint8Array, context: Uint8Array, recipient?: PublicKey): Uint8Array;

  /**
   * Deterministic stream for the proof of one answer; `context` names every input of it.
   *
   * @see docs/protocol.md §4.4
   */
  proofRng(context: Uint8Array): Rng;
}

/** The custodian keys that an organization holds: one, or two while it goes over to a new one. */
export interface CustodianKeys {
  /** Generations held, oldest first; at least one. */
  readonly generations: readonly KeyGeneration[];

  /** The key of a generation; `undefined` where it is not held, or not any more. */
  of(generation: KeyGeneration): CustodianKey | undefined;
}

/** Dependencies of the contracts of one organization. */
export interface ContractService {
  /** The organization that this service endorses for, and whose fragments it can open. */
  readonly mspId: MspId;
  readonly clock: Clock;
  readonly custodians: CustodianKeys;
}

/** Where contracts get their service from, at each call: a process may have to open it first. */
export type ServiceSource = () => Promise<ContractService>;
