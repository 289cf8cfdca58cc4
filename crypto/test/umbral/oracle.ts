import { jest } from '@jest/globals';
import * as oracle from '@nucypher/umbral-pre';
import type { Rng } from '../../src/rng.js';
import { derivedRng } from '../../src/rng.js';
import { utf8ToBytes } from '../../src/bytes.js';
import type * as umbral from '../../src/umbral/index.js';

/** Two streams with the same bytes: one for each implementation. */
export function twinStreams(name: string): [Rng, Rng] {
  const stream = () => derivedRng(new Uint8Array(32).fill(0x5a), utf8ToBytes(name));
  return [stream(), stream()];
}

/** Runs umbral-pre, which draws from the platform's generator, on `rng` instead. */
export function withRandomness<T>(rng: Rng, run: () => T): T {
  const spy = jest.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((array) => {
    (array as Uint8Array).set(rng((array as Uint8Array).length));
    return array;
  });
  try {
    return run();
  } finally {
    spy.mockRestore();
  }
}

/** umbral-pre's object with the same bytes as ours. */
export const toOracle = {
  secretKey: (sk: umbral.SecretKey) => oracle.SecretKey.fromBEBytes(sk.toBEBytes()),
  publicKey: (pk: umbral.PublicKey) => oracle.PublicKey.fromCompressedBytes(pk.toCompressedBytes()),
  signature: (signature: umbral.Signature) => oracle.Signature.fromBEBytes(signature.toBEBytes()),
  capsule: (capsule: umbral.Capsule) => oracle.Capsule.fromBytes(capsule.toBytes()),
  keyFrag: (kfrag: umbral.KeyFrag | umbral.VerifiedKeyFrag) =>
    oracle.KeyFrag.fromBytes(kfrag.toBytes()),
  capsuleFrag: (cfrag: umbral.CapsuleFrag | umbral.VerifiedCapsuleFrag) =>
    oracle.CapsuleFrag.fromBytes(cfrag.toBytes()),
};
