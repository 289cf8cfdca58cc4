import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 100;
/** Of the attempts; only ends what will never be. */
const LIMIT = 600;

/** Repeats a check that becomes true a little later: once all peers have the block, or have answered. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await check();
    } catch (error) {
      if (attempt === LIMIT) throw error;
      await delay(EVERY_MS);
    }
  }
}
