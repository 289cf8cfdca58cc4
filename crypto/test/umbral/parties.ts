import { utf8ToBytes } from '../../src/bytes.js';
import type { GroupBackend } from '../../src/group/group-backend.js';
import { derivedRng } from '../../src/rng.js';
import type { Rng } from '../../src/rng.js';
import { SecretKey, Signer, encrypt, generateKFrags, reencrypt } from '../../src/umbral/index.js';
import type {
  Capsule,
  PublicKey,
  VerifiedCapsuleFrag,
  VerifiedKeyFrag,
} from '../../src/umbral/index.js';

/** A delegation in full: who takes part, and what each step gave. */
export interface Story {
  readonly options: { readonly backend: GroupBackend; readonly rng: Rng };
  readonly delegatingSk: SecretKey;
  readonly receivingSk: SecretKey;
  readonly strangerSk: SecretKey;
  readonly signingSk: SecretKey;
  readonly signer: Signer;
  readonly delegatingPk: PublicKey;
  readonly receivingPk: PublicKey;
  readonly strangerPk: PublicKey;
  readonly verifyingPk: PublicKey;
  readonly dek: Uint8Array;
  readonly capsule: Capsule;
  readonly ciphertext: Uint8Array;
  readonly kfrags: VerifiedKeyFrag[];
  readonly cfrags: VerifiedCapsuleFrag[];
}

/** The same story for the same name, whatever the backend. */
export function tellStory(backend: GroupBackend, name: string, threshold = 2, shares = 3): Story {
  const rng = derivedRng(new Uint8Array(32).fill(0xa5), utf8ToBytes(name));
  const options = { backend, rng };
  const [delegatingSk, receivingSk, strangerSk, signingSk] = [
    SecretKey.random(options),
    SecretKey.random(options),
    SecretKey.random(options),
    SecretKey.random(options),
  ];
  const signer = new Signer(signingSk);
  const delegatingPk = delegatingSk.publicKey(options);
  const receivingPk = receivingSk.publicKey(options);
  const dek = rng(32);
  const [capsule, ciphertext] = encrypt(delegatingPk, dek, options);
  const kfrags = generateKFrags(
    delegatingSk,
    receivingPk,
    signer,
    threshold,
    shares,
    true,
    true,
    options,
  );
  return {
    options,
    delegatingSk,
    receivingSk,
    strangerSk,
    signingSk,
    signer,
    delegatingPk,
    receivingPk,
    strangerPk: strangerSk.publicKey(options),
    verifyingPk: signer.verifyingKey(options),
    dek,
    capsule,
    ciphertext,
    kfrags,
    cfrags: kfrags.map((kfrag) => reencrypt(capsule, kfrag, options)),
  };
}

/** The code of the CryptoError that `run` throws; `null` when it throws nothing. */
export function codeOf(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code;
    throw error;
  }
}
