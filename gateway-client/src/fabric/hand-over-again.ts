import { setTimeout as delay } from 'node:timers/promises';

/** From one handing over of a transaction to the next, while its fate is not known. */
const HAND_OVER_AGAIN_MS = 5_000;

/**
 * Hands a signed transaction to the orderers every now and then, the same one with the same ID: what
 * they have not ordered yet is in their memory, and lost when they end. Of an ID, peers count the
 * first that is committed and mark the others DUPLICATE_TXID.
 *
 * @param handOver - Fails as it likes: what counts is the transaction's fate.
 * @param ending - once the fate is known, or nobody waits for it
 */
export async function handOverAgain(
  handOver: () => Promise<unknown>,
  ending: AbortSignal,
): Promise<void> {
  while (!ending.aborted) {
    try {
      await delay(HAND_OVER_AGAIN_MS, undefined, { signal: ending });
      await handOver();
    } catch {
      // Refused, not reached, or ended: see above.
    }
  }
}
