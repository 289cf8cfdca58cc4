/** Enrolment certificates such as an organization's CA issues. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto as never);

/** A certificate as fabric-shim reads it: who, of which organization, with which attributes. */
export async function enrol(
  mspId: string,
  attrs: Readonly<Record<string, string>>,
): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(P256, false, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [attrs['emr.user'] ?? 'nobody'] }, { OU: ['client'] }, { O: [mspId] }],
    keys,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: SIGNING,
    extensions: [new x509.Extension(ATTRIBUTES_OID, false, Buffer.from(JSON.stringify({ attrs })))],
  });
  return certificate.toString('pem');
}
