/**
 * Certificates for tests of the keystore: what a CA would answer to an enrolment key.
 *
 * @module
 */
import 'reflect-metadata';
import { createPublicKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** A certificate for a public key (SPKI, PEM), signed by a CA that nobody knows. */
export async function certificate(publicKeyPem: string): Promise<string> {
  const authority = await webcrypto.subtle.generateKey(P256, false, ['sign', 'verify']);
  const spki = createPublicKey(publicKeyPem).export({ format: 'der', type: 'spki' });
  const made = await x509.X509CertificateGenerator.create(
    {
      subject: 'CN=p.meier,OU=client,O=HospAMSP',
      issuer: 'CN=ca.hospa',
      publicKey: await webcrypto.subtle.importKey('spki', spki, P256, true, ['verify']),
      signingKey: authority.privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    },
    webcrypto,
  );
  return `${made.toString('pem')}\n`;
}

/** A certificate of a key that nobody has. */
export const OTHER_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUegn5kCtrIy4MBR7CWElHLQ56qfIwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIxMTQ0MDI0WhgPMjEyNjEwMjgxNDQw
MjRaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
v/uJag+D5opqeipanNu9Qdqlx6/arWr/5Q0+XfX6iDZj/VhAgUKHNHgKMMNPSoin
F5ZXvWthxMNrkXG1jT9XOKNTMFEwHQYDVR0OBBYEFJWP6GKzVaG9M9WEX1X05UJH
wbsTMB8GA1UdIwQYMBaAFJWP6GKzVaG9M9WEX1X05UJHwbsTMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgUYEV97L9+kp17LXx62aanPI9bX6TrkWa
9a+tU4WArdsCIQCmxKZoRwJ/P5mcoVvZDsyDm7uRgqsWVh3ZWe8lnZf+Ww==
-----END CERTIFICATE-----
`;
