/**
 * Whether a stored certificate is one to go on with.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readIfThere } from '../files/atomic.js';
import type { Credentials } from './ca-client.js';

/** Certificates that end sooner are renewed at the next chance. */
export const RENEW_BEFORE_MS = 30 * 24 * 60 * 60_000;

/** Both files, or `null` where one is missing. */
export async function readCredentials(
  certificatePath: string,
  keyPath: string,
): Promise<Credentials | null> {
  const [certificate, key] = await Promise.all([
    readIfThere(certificatePath),
    readIfThere(keyPath),
  ]);
  return certificate === null || key === null ? null : { certificate, key };
}

/**
 * What is wrong with a certificate: issued by another CA, of another key, ended, or ending soon.
 * `null` when nothing is.
 */
export function certificateProblem(
  { certificate, key }: Credentials,
  issuerPem: string,
  now: number,
): string | null {
  try {
    const leaf = new X509Certificate(certificate);
    const issuer = new X509Certificate(issuerPem);
    if (!leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey)) return 'another CA issued it';
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'it is of another key';
    return Date.parse(leaf.validTo) - now < RENEW_BEFORE_MS ? `it ends ${leaf.validTo}` : null;
  } catch {
    return 'it cannot be read';
  }
}
