/**
 * Parts that one transaction can carry.
 *
 * @module
 */
import { MAX_SCOPES_PER_CALL } from '@emr-share/model';

/** Parts of at most as many items as one transaction may name. */
export function inBatches<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / MAX_SCOPES_PER_CALL);
  return Array.from({ length: count }, (_, i) =>
    items.slice(i * MAX_SCOPES_PER_CALL, (i + 1) * MAX_SCOPES_PER_CALL),
  );
}
