import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 100;
/** Only ends what will never be. */
const LIMIT_MS = 60_000;

/** Repeats a check that becomes true a little later: once all peers have the block, or have answered. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await delay(EVERY_MS);
    }
  }
}
