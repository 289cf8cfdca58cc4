/**
 * Endorsements: an organization's signature under a simulation result.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import { MspId } from '@emr-share/model';
import * as v from 'valibot';
import { signP256, verifyP256 } from '../ca/p256.js';
import { taggedBytes } from '../hash.js';
import type { SimulationResult } from './simulation-result.js';

/** r ‖ s of a peer's key. */
export const PeerSignature = v.strictObject({
  mspId: MspId,
  signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/, 'P-256 signature as 128 hex digits')),
});
export type PeerSignature = v.InferOutput<typeof PeerSignature>;

/** A result that an organization stands for. */
export interface Endorsed {
  readonly result: SimulationResult;
  readonly endorsement: PeerSignature;
}

/** Signs as the peer of `mspId`. */
export function endorse(
  mspId: MspId,
  privateKey: KeyObject,
  result: SimulationResult,
): PeerSignature {
  const signature = signP256(endorsedBytes(mspId, result), privateKey);
  return { mspId, signature: Buffer.from(signature).toString('hex') };
}

export function verifyEndorsement(
  { mspId, signature }: PeerSignature,
  peerKey: KeyObject,
  result: SimulationResult,
): boolean {
  return verifyP256(Buffer.from(signature, 'hex'), endorsedBytes(mspId, result), peerKey);
}

function endorsedBytes(endorser: MspId, result: SimulationResult): Uint8Array {
  return taggedBytes('endorsement', { endorser, result });
}
