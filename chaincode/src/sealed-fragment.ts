/**
 * A fragment as it rests in an organization's private data: the box that the patient sealed, or one
 * that the organization sealed anew when it changed its custodian key. See docs/protocol.md §4.6.
 *
 * @module
 */
import { canonicalBytes, type GrantScopeBody, type KeyGeneration } from '@emr-share/model';
import type { FragmentPlace } from './fragment-store.js';
import { sha256Hex } from './hash.js';

/** What the patient signed of one organization's fragment. */
export type FragmentCommitment = GrantScopeBody['fragments'][number];

/** A sealed box, the key that opens it, and the context that it opens in. */
export interface SealedFragment {
  readonly generation: KeyGeneration;
  readonly box: Uint8Array;
  readonly context: Uint8Array;
}

/** First byte of a fragment that was sealed anew; a sealed box begins with its version, 1. */
const RESEALED = 2;
const BOX_START = 5;

/**
 * Reads a fragment. `null` where it is neither what the patient signed for nor of the form of one
 * that was sealed anew.
 */
export function readSealed(
  stored: Uint8Array,
  place: FragmentPlace,
  commitment: FragmentCommitment,
): SealedFragment | null {
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

/** The bytes of a fragment that was sealed anew. */
export function writeResealed({ generation, box }: SealedFragment): Uint8Array {
  const stored = new Uint8Array(BOX_START + box.length);
  stored[0] = RESEALED;
  new DataView(stored.buffer).setUint32(1, generation);
  stored.set(box, BOX_START);
  return stored;
}

/** What a patient's box is for: it opens in one place only. */
export function originalContext({ grantId, mspId, scopeId }: FragmentPlace): Uint8Array {
  return canonicalBytes({ grantId, mspId, scopeId });
}

/** The same for a box that was sealed anew, with the fragment that it was made from. */
export function resealedContext(
  { grantId, mspId, scopeId }: FragmentPlace,
  { sealedSha256 }: FragmentCommitment,
  generation: KeyGeneration,
): Uint8Array {
  return canonicalBytes({ generation, grantId, mspId, scopeId, sealedSha256 });
}
