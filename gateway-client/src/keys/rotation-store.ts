/**
 * Where the seed of a rotation is kept while the rotation goes on. In Node, `KeystoreFile.rotation`.
 *
 * @module
 */

export interface RotationStore {
  /**
   * Keeps a new seed beside the one in use, before the ledger hears of it.
   *
   * @param proposed - 32 bytes.
   * @returns the seed of a rotation that was begun before and has not ended; else `proposed`.
   */
  begin(proposed: Uint8Array): Promise<Uint8Array>;
  /** Puts the new seed in the place of the one in use, which stays as an earlier one. */
  commit(): Promise<void>;
}
