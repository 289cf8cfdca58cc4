/**
 * A custodian key held in this process's memory.
 *
 * @module
 */
import {
  derivedRng,
  openBox,
  // eslint-disable-next-line no-restricted-syntax -- with randomness derived from its context
  sealBox,
  type PublicKey,
  type Rng,
  type SecretKey,
} from '@emr-share/crypto';
import type { CustodianKey } from './contract-service.js';

const PROOF_LABEL = new TextEncoder().encode('emr-share/custodian/proof/v1');
const SEAL_LABEL = new TextEncoder().encode('emr-share/custodian/seal/v1');
const SECRET_BYTES = 32;

/** {@link CustodianKey} over a secret key. Prints and serializes without it. */
export class CustodianSecret implements CustodianKey {
  readonly publicKey: PublicKey;
  readonly #secretKey: SecretKey;
  readonly #proofSecret: Uint8Array;
  readonly #sealSecret: Uint8Array;

  constructor(secretKey: SecretKey) {
    this.publicKey = secretKey.publicKey();
    this.#secretKey = secretKey;
    this.#proofSecret = derivedRng(secretKey.toBEBytes(), PROOF_LABEL)(SECRET_BYTES);
    this.#sealSecret = derivedRng(secretKey.toBEBytes(), SEAL_LABEL)(SECRET_BYTES);
  }

  open(sealed: Uint8Array, context: Uint8Array): Uint8Array {
    return openBox(this.#secretKey, sealed, { context });
  }

  seal(message: Uint8Array, context: Uint8Array, recipient = this.publicKey): Uint8Array {
    const rng = derivedRng(this.#sealSecret, context);
    return sealBox(recipient, message, { context, rng });
  }

  proofRng(context: Uint8Array): Rng {
    return derivedRng(this.#proofSecret, context);
  }
}
