/**
 * How far a claimed time may be from a trusted one.
 *
 * In Fabric the client chooses the transaction's timestamp. Without a check against the endorsers'
 * own clocks, a backdated proposal could use a grant that has expired. The check only accepts or
 * refuses: no clock reading enters a result, so endorsers that accept still agree.
 *
 * @module
 */
import { EmrError, type UnixMillis } from '@emr-share/model';

export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** @throws EmrError `TIMESTAMP_SKEW`. */
export function assertWithinSkew(claimedAt: UnixMillis, now: UnixMillis): void {
  if (Math.abs(claimedAt - now) <= MAX_CLOCK_SKEW_MS) return;
  throw new EmrError('TIMESTAMP_SKEW', { claimedAt, allowedMs: MAX_CLOCK_SKEW_MS });
}
