/**
 * A fragment or share as it rests in an organization's private data: the box that the patient sealed,
 * or one that the organization sealed anew when it changed its custodian key. See docs/protocol.md
 * §4.6.
 *
 * @module
 */
import { canonicalBytes, type KeyGeneration } from '@emr-share/model';
import { sha256Hex } from './hash.js';
import type { SecretPlace } from './sealed-store.js';

/** What the patient signed of one organization's fragment or share. */
export interface SecretCommitment {
  readonly generation: KeyGeneration;
  readonly sealedSha256: string;
}

/** A sealed box, the key that opens it, and the context that it opens in. */
export interface SealedSecret {
  readonly generation: KeyGeneration;
  readonly box: Uint8Array;
  readonly context: Uint8Array;
}

/** First byte of a secret that was sealed anew; a sealed box begins with its version, 1. */
const RESEALED = 2;
const BOX_START = 5;

/**
 * Reads what is stored. `null` where it is neither what the patient signed for nor of the form of
 * what was sealed anew.
 */
export function readSealed(
  stored: Uint8Array,
  place: SecretPlace,
  commitment: SecretCommitment,
): SealedSecret | null {
  if (sha256Hex(stored) === commitment.sealedSha256) {
    const context = originalContext(place);
    return { generation: commitment.generation, box: stored, context };
  }
  if (stored[0] !== RESEALED || stored.length < BOX_START) return null;
  const view = new DataView(stored.buffer, stored.byteOffset, BOX_START);
  const generation = view.getUint32(1);
  const context = resealedContext(place, commitment, generation);
  return { generation, box: stored.slice(BOX_START), context };
}

/** The bytes of a secret that was sealed anew. */
export function writeResealed({ generation, box }: SealedSecret): Uint8Array {
  const stored = new Uint8Array(BOX_START + box.length);
  stored[0] = RESEALED;
  new DataView(stored.buffer).setUint32(1, generation);
  stored.set(box, BOX_START);
  return stored;
}

/** What a patient's box is for: it opens in one place only. */
export function originalContext(place: SecretPlace): Uint8Array {
  return canonicalBytes({ ...place });
}

/** The same for a box that was sealed anew, with the box that it was made from. */
export function resealedContext(
  place: SecretPlace,
  { sealedSha256 }: SecretCommitment,
  generation: KeyGeneration,
): Uint8Array {
  return canonicalBytes({ ...place, generation, sealedSha256 });
}
