/**
 * The public key that a user hands to the CA, with or without proof of possession.
 *
 * @module
 */
import type { webcrypto } from 'node:crypto';
import { EmrError } from '@emr-share/model';
import { P256 } from './p256.js';
import { Pkcs10CertificateRequest, PublicKey } from './x509.js';

/**
 * Reads `PUBLIC KEY` (SPKI) or `CERTIFICATE REQUEST` (PKCS#10, whose signature is checked).
 *
 * @throws EmrError `INPUT_INVALID` for anything but a P-256 key.
 */
export async function readSubjectKey(pem: string): Promise<webcrypto.CryptoKey> {
  try {
    const key = pem.includes('CERTIFICATE REQUEST')
      ? await readRequest(pem)
      : await exported(new PublicKey(pem));
    if ((key.algorithm as webcrypto.EcKeyAlgorithm).namedCurve === P256.namedCurve) return key;
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
}

async function readRequest(pem: string): Promise<webcrypto.CryptoKey> {
  const request = new Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error('the request is not signed by its own key');
  return exported(request.publicKey);
}

/** Its types name the browser's `CryptoKey`, which Node's types have elsewhere. */
function exported(key: PublicKey): Promise<webcrypto.CryptoKey> {
  return key.export(P256, ['verify']) as Promise<webcrypto.CryptoKey>;
}

function refused(cause?: unknown): EmrError {
  return new EmrError(
    'INPUT_INVALID',
    {
      what: 'the public key',
      problem: 'expected a P-256 key as PUBLIC KEY or CERTIFICATE REQUEST',
    },
    { cause },
  );
}
