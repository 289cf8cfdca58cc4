/**
 * Opening the seed of a plan with enough shares.
 *
 * @module
 */
import { CryptoError, openBox, recoverSecretKey, type KeyShare } from '@emr-share/crypto';
import { EmrError, type RecoveryPlanBody } from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { UserKeys } from '../directory.js';
import { Keyring } from '../keyring.js';
import { seedContext } from './plan-shares.js';

/** A keyring that was lost and is back. */
export interface RecoveredKeys {
  readonly keyring: Keyring;
  /** 32 bytes. Secret: for the new keystore, and then to be overwritten. */
  readonly seed: Uint8Array;
}

/**
 * Puts the key of a plan together, opens the seed, and sees that it is the one of the registered
 * keys.
 *
 * @param shares - As many as the threshold, verified.
 * @throws EmrError `RECOVERY_SEED_INVALID`.
 */
export function openSeed(
  plan: RecoveryPlanBody,
  shares: readonly KeyShare[],
  registered: UserKeys,
): RecoveredKeys {
  const { planId, patient } = plan;
  const seed = unsealed(plan, shares);
  const keyring = Keyring.fromSeed(seed);
  const { verifyingPk, readerKeyHex } = registered;
  if (keyring.verifyingPk.equals(verifyingPk) && keyring.readerKeyHex === readerKeyHex) {
    return { keyring, seed };
  }
  const problem = `its seed is not that of the registered keys of ${patient}`;
  throw new EmrError('RECOVERY_SEED_INVALID', { planId, problem });
}

function unsealed(
  { planId, patient, seed }: RecoveryPlanBody,
  shares: readonly KeyShare[],
): Uint8Array {
  try {
    const context = seedContext(patient, planId);
    return openBox(recoverSecretKey(shares), hexToBytes(seed), { context });
  } catch (cause) {
    if (!CryptoError.is(cause)) throw cause;
    const problem = 'its sealed seed does not open';
    throw new EmrError('RECOVERY_SEED_INVALID', { planId, problem }, { cause });
  }
}
