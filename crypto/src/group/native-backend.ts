/**
 * The group on libsecp256k1, through the `secp256k1` package: Node only, about 20x faster.
 *
 * @module
 */
import type * as Secp256k1 from 'secp256k1';
import { generatorUBytes } from './generator-u.js';
import { assertCompressed, notOnCurve } from './group-backend.js';
import type { GroupBackend, PublicTerm } from './group-backend.js';
import { trustedPoint } from './point.js';
import type { Point } from './point.js';
import { scalarToBytes } from './scalar.js';
import type { Scalar } from './scalar.js';

/** The functions of the native addon. */
export type Secp256k1Addon = typeof Secp256k1;

const UNCOMPRESSED_SIZE_BYTES = 65;

/**
 * Builds the backend on a loaded addon.
 *
 * Secret scalars use `publicKeyCreate` and `ecdh`, both constant-time in libsecp256k1; a hash
 * function that copies the coordinates out makes `ecdh` a point multiplication. The variable-time
 * `publicKeyTweakMul` sees public scalars only.
 */
export function createNativeBackend(addon: Secp256k1Addon): GroupBackend {
  const generatorU = generatorUBytes();
  const x = new Uint8Array(32);
  const y = new Uint8Array(32);
  const joined = new Uint8Array(UNCOMPRESSED_SIZE_BYTES);
  joined[0] = 0x04;
  const joinCoordinates = (): Uint8Array => {
    joined.set(x, 1);
    joined.set(y, 33);
    return joined;
  };
  const ecdhOptions = { hashfn: joinCoordinates, xbuf: x, ybuf: y };

  function mulSecretBytes(uncompressed: Uint8Array, scalar: Scalar): Point {
    const secret = scalarToBytes(scalar);
    const product = new Uint8Array(UNCOMPRESSED_SIZE_BYTES);
    addon.ecdh(uncompressed, secret, ecdhOptions, product);
    secret.fill(0);
    x.fill(0);
    y.fill(0);
    joined.fill(0, 1);
    return trustedPoint(product);
  }

  function productBytes([scalar, point]: PublicTerm): Uint8Array {
    const uncompressed = point.toUncompressedBytes();
    if (scalar === 1n) return uncompressed;
    return addon.publicKeyTweakMul(uncompressed, scalarToBytes(scalar), false);
  }

  return {
    name: 'native',

    decodePoint(compressed) {
      assertCompressed(compressed);
      try {
        return trustedPoint(addon.publicKeyConvert(compressed, false));
      } catch {
        throw notOnCurve();
      }
    },

    mulBase(scalar) {
      const secret = scalarToBytes(scalar);
      const product = addon.publicKeyCreate(secret, false);
      secret.fill(0);
      return trustedPoint(product);
    },

    mulU: (scalar) => mulSecretBytes(generatorU, scalar),
    mulSecret: (point, scalar) => mulSecretBytes(point.toUncompressedBytes(), scalar),

    mulPublic(terms) {
      const products = terms.filter(([scalar]) => scalar !== 0n).map(productBytes);
      if (products.length === 0) return null;
      try {
        return trustedPoint(addon.publicKeyCombine(products, false));
      } catch {
        // All inputs are valid points, so the one way to fail is a sum that is the identity.
        return null;
      }
    },

    ecdsaSign(digest, secretScalar, extraEntropy) {
      const secret = scalarToBytes(secretScalar);
      const signed = addon.ecdsaSign(digest, secret, { data: extraEntropy });
      secret.fill(0);
      return { bytes: signed.signature, recoveryId: signed.recid };
    },

    ecdsaVerify: (signature, digest, verifyingPoint) =>
      addon.ecdsaVerify(signature, digest, verifyingPoint.toUncompressedBytes()),

    ecdsaRecover(signature, recoveryId, digest) {
      try {
        return trustedPoint(addon.ecdsaRecover(signature, recoveryId, digest, false));
      } catch {
        return null;
      }
    },
  };
}
