/**
 * Custodians' keys, and sealing to each of them what is its own.
 *
 * @module
 */
import { sealBox, type PublicKey } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  type CanonicalValue,
  type Custodian,
  type KeyGeneration,
  type MspId,
} from '@emr-share/model';
import { sha256Hex } from './bytes.js';
import type { ClientContext } from './client-context.js';
import { publicKeyOf } from './key-history.js';
import { whileBehind } from './retry.js';

/** A custodian's current key. */
export interface CustodianKey {
  readonly publicKey: PublicKey;
  readonly generation: KeyGeneration;
}

/** Custodians' keys by MSP ID. */
export type CustodianKeys = ReadonlyMap<MspId, CustodianKey>;

/** What the patient signs of each custodian's part. */
export interface SealedPart {
  readonly mspId: MspId;
  readonly generation: KeyGeneration;
  readonly sealedSha256: string;
}

/** One part for each custodian: what is signed of them, and the boxes themselves. */
export interface SealedParts {
  readonly listed: SealedPart[];
  readonly sealed: ReadonlyMap<MspId, Uint8Array>;
}

/**
 * Runs a step that seals to the custodians' keys, once more with their keys as they are then where
 * one of them has retired the key that was used.
 *
 * @param step - Harmless to repeat after a refusal: what is deposited may be replaced until a grant
 * has it.
 */
export function withCurrentKeys<T>(
  { directory }: ClientContext,
  signal: AbortSignal,
  step: (keys: CustodianKeys) => Promise<T>,
): Promise<T> {
  return whileBehind(['CUSTODIAN_STALE'], signal, async () =>
    step(custodianKeysOf(await directory.custodians(signal))),
  );
}

/** The keys of published custodians, decoded. */
export function custodianKeysOf(custodians: readonly Custodian[]): CustodianKeys {
  return new Map(
    custodians.map(({ mspId, publicKey, generation }) => [
      mspId,
      { publicKey: publicKeyOf(publicKey, 'the custodian key'), generation },
    ]),
  );
}

/**
 * Seals part `i` to custodian `i`: a random box each time.
 *
 * @param contextOf - What a custodian's box is bound to.
 * @throws EmrError `CUSTODIAN_NOT_FOUND` for a custodian that `keys` lacks.
 */
export function sealParts(
  { rng }: ClientContext,
  parts: ReadonlyMap<MspId, Uint8Array>,
  keys: CustodianKeys,
  contextOf: (mspId: MspId) => CanonicalValue,
): SealedParts {
  const boxes = Array.from(parts, ([mspId, part]) => {
    const key = keys.get(mspId);
    if (key === undefined) throw new EmrError('CUSTODIAN_NOT_FOUND', { mspId });
    const context = canonicalBytes(contextOf(mspId));
    const box = sealBox(key.publicKey, part, { context, rng });
    return { mspId, generation: key.generation, box };
  });
  return {
    listed: boxes.map(({ box, ...of }) => ({ ...of, sealedSha256: sha256Hex(box) })),
    sealed: new Map(boxes.map(({ mspId, box }) => [mspId, box])),
  };
}
