import { createHash } from 'node:crypto';

/** SHA-256 of values as JSON: equal for equal values that were made in the same order. */
export function fingerprint(...values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
