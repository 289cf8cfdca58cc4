/**
 * The client's clock. Endorsers refuse what is further than five minutes from their own.
 *
 * @module
 */
import type { UnixMillis } from '@emr-share/model';

export interface Clock {
  now(): UnixMillis;
}

export const systemClock: Clock = { now: () => Date.now() };
