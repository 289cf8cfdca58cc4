/**
 * The custodian key of a restored hospital: a new one, and what the lost one had sealed given up.
 *
 * @module
 */
import {
  ownCustodian,
  rotateCustodian,
  type Ledger,
  type SecretRef,
} from '@emr-share/gateway-client';
import { EmrError, type Custodian, type KeyGeneration, type MspId } from '@emr-share/model';
import type { FabricConsortium } from '../consortium/fabric-consortium.js';

export interface RestoredCustody {
  /** Of the key that the hospital has now. */
  readonly generation: KeyGeneration;
  /** What it cannot open any more; empty where an earlier call has dealt with it. */
  readonly lost: readonly SecretRef[];
}

/** Whether the contract service holds the key that the ledger knows. */
async function isHeld(
  ledger: Ledger,
  { mspId, generation, publicKey }: Custodian,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const options = { organizations: [mspId], signal };
  try {
    const held = await ledger.evaluate('registry:GetCustodianKey', { generation }, options);
    return held.publicKey === publicKey;
  } catch (error) {
    if (EmrError.is(error, 'CUSTODIAN_STALE')) return false;
    throw error;
  }
}

/**
 * Makes the next custodian key of a hospital whose keys are lost, publishes it, and has the ledger
 * accept no earlier one. The service makes itself a first key where it finds none; that one is nobody's
 * and goes. Harmless to repeat.
 *
 * @throws EmrError as `rotateCustodian`
 */
export async function restoreCustody(
  consortium: FabricConsortium,
  mspId: MspId,
  signal?: AbortSignal,
): Promise<RestoredCustody> {
  const { identity } = await consortium.admin(mspId);
  const ledger = consortium.ledger(identity);
  const published = await ownCustodian(ledger, { signal });
  const { generation, acceptedFrom } = published;
  const isKnown = await isHeld(ledger, published, signal);
  if (isKnown && acceptedFrom === generation) return { generation, lost: [] };
  const keys = await consortium.custodianKeys(mspId);
  if (!isKnown) {
    const newest = keys.generations.at(-1) ?? 0;
    const next = newest > generation ? newest : generation + 1;
    await keys.add(next);
    await keys.destroyBefore(next);
  }
  const report = await rotateCustodian({ ledger, keys, signal });
  return { generation: report.generation, lost: report.unreadable };
}
