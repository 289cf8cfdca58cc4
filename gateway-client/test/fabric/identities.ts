/** Keys and certificates for the tests of the Fabric adapter. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Identity } from '@emr-share/gateway-client';
import type { TlsFiles } from './fake-gateway.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

async function selfSigned(extensions: x509.Extension[]): Promise<TlsFiles> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    { name: 'CN=localhost', keys, extensions, signingAlgorithm: { ...P256, hash: 'SHA-256' } },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    certificatePem: certificate.toString('pem'),
  };
}

/** A server certificate for `localhost`, its own root. */
export async function tlsFiles(): Promise<TlsFiles> {
  const name = new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]);
  return selfSigned([name]);
}

/** An identity whose signatures nobody checks; `attributes` as Fabric CA writes them. */
export async function identity(
  attributes: Record<string, string>,
  sign: Identity['sign'] = () => Promise.resolve(new Uint8Array([1])),
): Promise<Identity> {
  const content = Buffer.from(JSON.stringify({ attrs: attributes }));
  const { certificatePem } = await selfSigned([new x509.Extension(ATTRIBUTES_OID, false, content)]);
  return { mspId: 'HospAMSP', certificatePem, sign };
}
