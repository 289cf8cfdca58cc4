/**
 * An enrolled identity whose private key lies in this process.
 *
 * @module
 */
import { createPrivateKey } from 'node:crypto';
import { EmrError, type MspId } from '@emr-share/model';
import { p256 } from '@noble/curves/nist.js';
import type { Identity } from '../ports/identity.js';

/** What an organization's CA and its user hold of one enrolment. */
export interface Enrolment {
  readonly mspId: MspId;
  /** X.509 certificate, PEM. */
  readonly certificatePem: string;
  /** P-256 private key of that certificate, PKCS #8 PEM. */
  readonly privateKeyPem: string;
}

const DIGEST_BYTES = 32;

/**
 * Makes an {@link Identity} that signs with a key in memory.
 *
 * @throws EmrError `INPUT_INVALID` where the key is not a P-256 private key. It does not repeat it.
 */
export function createIdentity({ mspId, certificatePem, privateKeyPem }: Enrolment): Identity {
  const secretKey = secretKeyOf(privateKeyPem);
  return {
    mspId,
    certificatePem,
    sign: (digest) => {
      if (digest.length !== DIGEST_BYTES) {
        const problem = `expected ${DIGEST_BYTES} bytes, got ${digest.length}`;
        return Promise.reject(new EmrError('INPUT_INVALID', { what: 'the digest', problem }));
      }
      const options = { prehash: false, lowS: true, format: 'der' } as const;
      return Promise.resolve(p256.sign(digest, secretKey, options));
    },
  };
}

function secretKeyOf(privateKeyPem: string): Uint8Array {
  const problem = 'expected a P-256 private key as PKCS #8 PEM';
  try {
    const { crv, d } = createPrivateKey(privateKeyPem).export({ format: 'jwk' });
    if (crv === 'P-256' && d !== undefined) return Buffer.from(d, 'base64url');
  } catch {
    // OpenSSL's error names its own internals; what to do is the same.
  }
  throw new EmrError('INPUT_INVALID', { what: 'the enrolment key', problem });
}
