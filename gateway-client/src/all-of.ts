/**
 * Steps side by side, of which none is left under way.
 *
 * @module
 */

/**
 * Waits until every step has ended, then gives their results, or throws the signal's reason where it
 * has aborted, or the first failure there was. A step still under way could undo what the caller tries next.
 */
export async function allOf<T>(
  steps: readonly Promise<T>[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(steps);
  signal.throwIfAborted();
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(steps);
}
