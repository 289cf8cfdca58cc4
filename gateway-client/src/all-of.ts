/**
 * Steps side by side, of which none is left under way.
 *
 * @module
 */

/**
 * Waits until every step has ended, then throws the signal's reason where it has aborted, or the
 * first failure there was. A step still under way could undo what the caller tries next.
 */
export async function allOf(
  steps: readonly Promise<unknown>[],
  signal: AbortSignal,
): Promise<void> {
  const outcomes = await Promise.allSettled(steps);
  signal.throwIfAborted();
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
