/**
 * Splitting a delegation into kfrags: Shamir's scheme over the re-encryption key.
 *
 * @module
 */
import { defaultBackend } from '../group/default-backend.js';
import type { GroupBackend } from '../group/group-backend.js';
import { evaluatePolynomial } from '../group/interpolation.js';
import type { Point } from '../group/point.js';
import { drawBytes, invertScalar, multiplyScalars, randomScalar } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import type { Rng } from '../rng.js';
import { assertThreshold } from '../threshold.js';
import { KFRAG_ID_SIZE_BYTES, ownKeyFrag } from './key-frag.js';
import type { VerifiedKeyFrag } from './key-frag.js';
import { pointOf, scalarOf } from './keys.js';
import type { PublicKey, RandomOptions, SecretKey } from './keys.js';
import type { Signer } from './signer.js';
import { hashPolynomialArgument, hashSharedSecret, kfragMessage } from './transcript.js';

/** What all kfrags of one delegation share. */
interface Delegation {
  readonly backend: GroupBackend;
  readonly rng: Rng;
  readonly signer: Signer;
  readonly delegating: Point;
  readonly receiving: Point;
  readonly precursor: Point;
  readonly dh: Point;
  /** f_0 = a/d, then t-1 random coefficients. */
  readonly coefficients: readonly Scalar[];
  readonly signDelegatingKey: boolean;
  readonly signReceivingKey: boolean;
}

/**
 * Splits the right to re-encrypt from one key to another into kfrags for proxies.
 *
 * (Delegator side.) Each proxy gets one kfrag. Fewer than `threshold` of them reveal nothing, even
 * with the delegatee's secret key; `threshold` of them without that key reveal nothing either;
 * both together give the delegating secret key.
 *
 * @param signer - Signs the kfrags; proxies and the delegatee check with its verifying key.
 * @param threshold - How many proxies must answer: 1..shares.
 * @param shares - How many kfrags to make.
 * @param signDelegatingKey - Whether proxies can check which key the kfrag delegates from.
 * @param signReceivingKey - Whether proxies can check which key it delegates to.
 * @param options - `rng`: 32 bytes for the precursor, 32 for each of `threshold` - 1 coefficients,
 * then 96 for each kfrag.
 * @throws {@link CryptoError} `THRESHOLD_INVALID`. Cost: 3 multiplications, and for each kfrag one
 * multiplication and two signatures.
 * @see docs/protocol.md §4.3
 */
export function generateKFrags(
  delegatingSk: SecretKey,
  receivingPk: PublicKey,
  signer: Signer,
  threshold: number,
  shares: number,
  signDelegatingKey: boolean,
  signReceivingKey: boolean,
  options: RandomOptions = {},
): VerifiedKeyFrag[] {
  assertThreshold(threshold, shares);
  const backend = options.backend ?? defaultBackend();
  const rng = options.rng ?? systemRng;
  const receiving = pointOf(receivingPk);
  const x = randomScalar(rng);
  const precursor = backend.mulBase(x);
  const dh = backend.mulSecret(receiving, x);
  const d = hashSharedSecret(precursor, receiving, dh);
  const constant = multiplyScalars(scalarOf(delegatingSk), invertScalar(d));
  const others = Array.from({ length: threshold - 1 }, () => randomScalar(rng));
  const delegation: Delegation = {
    backend,
    rng,
    signer,
    delegating: pointOf(delegatingSk.publicKey({ backend })),
    receiving,
    precursor,
    dh,
    coefficients: [constant, ...others],
    signDelegatingKey,
    signReceivingKey,
  };
  return Array.from({ length: shares }, () => newKeyFrag(delegation));
}

function newKeyFrag(delegation: Delegation): VerifiedKeyFrag {
  const { backend, rng, signer, delegating, receiving, precursor, dh } = delegation;
  const id = Uint8Array.from(drawBytes(rng, KFRAG_ID_SIZE_BYTES));
  const argument = hashPolynomialArgument(precursor, receiving, dh, id);
  const rk = evaluatePolynomial(delegation.coefficients, argument);
  const commitment = backend.mulU(rk);
  const messageFor = (withDelegating: boolean, withReceiving: boolean): Uint8Array =>
    kfragMessage(
      id,
      commitment,
      precursor,
      withDelegating ? delegating : null,
      withReceiving ? receiving : null,
    );
  const { signDelegatingKey, signReceivingKey } = delegation;
  const signatureForReceiver = signer.sign(messageFor(true, true), { rng, backend });
  const proxyMessage = messageFor(signDelegatingKey, signReceivingKey);
  return ownKeyFrag({
    id,
    rk,
    precursor,
    commitment,
    signatureForProxy: signer.sign(proxyMessage, { rng, backend }),
    signatureForReceiver,
    delegatingKeySigned: signDelegatingKey,
    receivingKeySigned: signReceivingKey,
  });
}
