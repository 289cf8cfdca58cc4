/**
 * The operations of proxy re-encryption, the same for every implementation.
 *
 * @module
 */
import * as rival from '@nucypher/umbral-pre';
import type { GroupBackend } from '@emr-share/crypto';
import * as umbral from '@emr-share/crypto/umbral';

/** The operations, in the order in which a story uses them. */
export const PRE_OPERATIONS = [
  'key pair',
  'encrypt 32 B',
  'decryptOriginal',
  'generateKFrags 2 of 3',
  'kfrag parse + verify',
  'capsule parse + check',
  'reencrypt',
  'cfrag parse + verify',
  'decryptReencrypted, 2 cfrags',
] as const;

export type PreOperation = (typeof PRE_OPERATIONS)[number];

export type PreOperations = Readonly<Record<PreOperation, () => unknown>>;

const DEK = new Uint8Array(32).fill(0x5a);

/** Our implementation on one backend. */
export function ourOperations(backend: GroupBackend): PreOperations {
  const options = { backend };
  const delegatingSk = umbral.SecretKey.random();
  const receivingSk = umbral.SecretKey.random();
  const signer = new umbral.Signer(umbral.SecretKey.random());
  const verifyingPk = signer.verifyingKey(options);
  const delegatingPk = delegatingSk.publicKey(options);
  const receivingPk = receivingSk.publicKey(options);
  const [capsule, ciphertext] = umbral.encrypt(delegatingPk, DEK, options);
  const generate = (): umbral.VerifiedKeyFrag[] =>
    umbral.generateKFrags(delegatingSk, receivingPk, signer, 2, 3, true, true, options);
  const kfrags = generate();
  const cfrags = kfrags.slice(0, 2).map((kfrag) => umbral.reencrypt(capsule, kfrag, options));
  const [kfrag, cfrag] = [first(kfrags), first(cfrags)];
  const [capsuleBytes, kfragBytes, cfragBytes] = [capsule, kfrag, cfrag].map((o) =>
    o.toBytes(),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  return {
    'key pair': () => umbral.SecretKey.random().publicKey(options),
    'encrypt 32 B': () => umbral.encrypt(delegatingPk, DEK, options),
    decryptOriginal: () => umbral.decryptOriginal(delegatingSk, capsule, ciphertext, options),
    'generateKFrags 2 of 3': generate,
    'kfrag parse + verify': () =>
      umbral.KeyFrag.fromBytes(kfragBytes, options).verify(
        verifyingPk,
        delegatingPk,
        receivingPk,
        options,
      ),
    'capsule parse + check': () => umbral.Capsule.fromBytes(capsuleBytes, options),
    reencrypt: () => umbral.reencrypt(capsule, kfrag, options),
    'cfrag parse + verify': () =>
      umbral.CapsuleFrag.fromBytes(cfragBytes, options).verify(
        capsule,
        verifyingPk,
        delegatingPk,
        receivingPk,
        options,
      ),
    'decryptReencrypted, 2 cfrags': () =>
      umbral.decryptReencrypted(receivingSk, delegatingPk, capsule, cfrags, ciphertext, options),
  };
}

/** umbral-pre: Rust compiled to WebAssembly. */
export function rivalOperations(): PreOperations {
  const delegatingSk = rival.SecretKey.random();
  const receivingSk = rival.SecretKey.random();
  const signer = new rival.Signer(rival.SecretKey.random());
  const verifyingPk = signer.verifyingKey();
  const delegatingPk = delegatingSk.publicKey();
  const receivingPk = receivingSk.publicKey();
  const [capsule, ciphertext] = rival.encrypt(delegatingPk, DEK);
  const generate = (): rival.VerifiedKeyFrag[] =>
    rival.generateKFrags(delegatingSk, receivingPk, signer, 2, 3, true, true);
  const kfrags = generate();
  const cfrags = kfrags.slice(0, 2).map((kfrag) => rival.reencrypt(capsule, kfrag));
  const [kfrag, cfrag] = [first(kfrags), first(cfrags)];
  const [capsuleBytes, kfragBytes, cfragBytes] = [capsule, kfrag, cfrag].map((o) =>
    o.toBytes(),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  return {
    'key pair': () => rival.SecretKey.random().publicKey(),
    'encrypt 32 B': () => rival.encrypt(delegatingPk, DEK),
    decryptOriginal: () => rival.decryptOriginal(delegatingSk, capsule, ciphertext),
    'generateKFrags 2 of 3': generate,
    'kfrag parse + verify': () =>
      rival.KeyFrag.fromBytes(kfragBytes).verify(verifyingPk, delegatingPk, receivingPk),
    'capsule parse + check': () => rival.Capsule.fromBytes(capsuleBytes),
    reencrypt: () => rival.reencrypt(capsule, kfrag),
    'cfrag parse + verify': () =>
      rival.CapsuleFrag.fromBytes(cfragBytes).verify(
        capsule,
        verifyingPk,
        delegatingPk,
        receivingPk,
      ),
    'decryptReencrypted, 2 cfrags': () =>
      rival.decryptReencrypted(receivingSk, delegatingPk, capsule, cfrags, ciphertext),
  };
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new RangeError('"items" expected at least one');
  return item;
}
