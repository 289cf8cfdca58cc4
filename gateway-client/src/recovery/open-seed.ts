/**
 * Opening the seed of a plan with enough shares.
 *
 * @module
 */
import { CryptoError, openBox, recoverSecretKey, type KeyShare } from '@emr-share/crypto';
import { EmrError, type RecoveryPlanBody } from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import { formerSeedContext, type UserKeys } from '../key-history.js';
import { Keyring } from '../keyring.js';
import { SeedKeys } from '../seed-keys.js';
import { seedContext } from './plan-shares.js';

/** A keyring that was lost and is back. */
export interface RecoveredKeys {
  readonly keyring: Keyring;
  /** 32 bytes. Secret: for the new keystore, and then to be overwritten. */
  readonly seed: Uint8Array;
  /** Those that it has replaced, the oldest first. Secret, like {@link seed}. */
  readonly earlier: readonly Uint8Array[];
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
  const { verifyingPk, readerKeyHex } = Keyring.fromSeed(seed);
  if (verifyingPk.equals(registered.verifyingPk) && readerKeyHex === registered.readerKeyHex) {
    const earlier = formerSeeds(plan, seed, registered);
    return { keyring: Keyring.fromSeed(seed, { earlier }), seed, earlier };
  }
  const problem = `its seed is not that of the registered keys of ${patient}`;
  throw new EmrError('RECOVERY_SEED_INVALID', { planId, problem });
}

/** The seeds before a registered one, the oldest first: each is sealed to the one that replaced it. */
function formerSeeds(
  { planId }: RecoveryPlanBody,
  newest: Uint8Array,
  { userId, terms }: UserKeys,
): readonly Uint8Array[] {
  const earlier: Uint8Array[] = [];
  let seed = newest;
  for (const [number, { previousSeed }] of [...terms.entries()].reverse()) {
    if (previousSeed === undefined) break;
    try {
      seed = new SeedKeys(seed).openFormerSeed(previousSeed, formerSeedContext(userId, number));
    } catch (cause) {
      if (!CryptoError.is(cause)) throw cause;
      const problem = `the seed before rotation ${number} does not open`;
      throw new EmrError('RECOVERY_SEED_INVALID', { planId, problem }, { cause });
    }
    earlier.unshift(seed);
  }
  return earlier;
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
