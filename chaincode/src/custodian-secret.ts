/**
 * A custodian key held in this process's memory.
 *
 * @module
 */
import { derivedRng, openBox, type PublicKey, type Rng, type SecretKey } from '@emr-share/crypto';
import type { CustodianKey } from './contract-service.js';

const PROOF_LABEL = new TextEncoder().encode('emr-share/custodian/proof/v1');
const PROOF_SECRET_BYTES = 32;

/** {@link CustodianKey} over a secret key. Prints and serializes without it. */
export class CustodianSecret implements CustodianKey {
  readonly publicKey: PublicKey;
  readonly #secretKey: SecretKey;
  readonly #proofSecret: Uint8Array;

  constructor(secretKey: SecretKey) {
    this.publicKey = secretKey.publicKey();
    this.#secretKey = secretKey;
    this.#proofSecret = derivedRng(secretKey.toBEBytes(), PROOF_LABEL)(PROOF_SECRET_BYTES);
  }

  open(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return openBox(this.#secretKey, sealed, { context });
  }

  proofRng(context: Uint8Array): Rng {
    return derivedRng(this.#proofSecret, context);
  }
}
