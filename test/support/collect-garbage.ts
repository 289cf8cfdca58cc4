/**
 * A full garbage collection on demand, so that a test of memory measures what is held and not what
 * the collector has not come round to.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects now; takes some milliseconds. */
export const collectGarbage = runInNewContext('gc') as () => void;
