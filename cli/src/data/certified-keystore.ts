/**
 * A keystore with a certificate of the user's organization in it.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { KeystoreDoor } from './open-client.js';
import type { UserNetwork } from './user-network.js';

export interface CertifyOptions {
  /** From the organization's admin; the embedded consortium wants none. */
  readonly secret?: string | undefined;
  /** Whether the certificates of the user's other devices stay. Default false. */
  readonly isFurtherDevice?: boolean | undefined;
}

function isValid(certificatePem: string): boolean {
  return Date.parse(new X509Certificate(certificatePem).validTo) > Date.now();
}

/**
 * The keystore, certified; an expired certificate is renewed, and any one replaced where the admin
 * gave a secret for another.
 */
export async function certifiedKeystore(
  network: UserNetwork,
  door: KeystoreDoor,
  { secret, isFurtherDevice }: CertifyOptions = {},
): Promise<KeystoreFile> {
  const keystore = await door.open();
  const { certificatePem } = keystore.facts;
  const isGood = certificatePem !== undefined && isValid(certificatePem);
  if (isGood && secret === undefined) return keystore;
  const issued = await network.certify(keystore, secret, isFurtherDevice);
  await KeystoreFile.addCertificate(door.path, issued);
  return door.open();
}
