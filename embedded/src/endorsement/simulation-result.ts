/**
 * What an organization endorses: the contract's answer and everything it read and would write.
 *
 * @module
 */
import { Sha256Hex } from '@emr-share/model';
import * as v from 'valibot';
import { ReadWriteSet } from './read-write-set.js';

export const SimulationResult = v.strictObject({
  /** SHA-256 of the canonical bytes of the proposal. */
  proposalSha256: Sha256Hex,
  /** The contract's answer. */
  response: v.string(),
  /** Chaincode event; `payload` in base64. */
  event: v.optional(
    v.strictObject({
      name: v.pipe(v.string(), v.minLength(1)),
      payload: v.pipe(v.string(), v.base64()),
    }),
  ),
  rwSet: ReadWriteSet,
});
export type SimulationResult = v.InferOutput<typeof SimulationResult>;
