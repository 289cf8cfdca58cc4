import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type GeneralNameType,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  PemConverter,
} from '@peculiar/x509';

/** A fresh P-256 key and the request for its certificate, both PEM. */
export interface CertificateRequest {
  csr: string;
  key: string;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

function typeOf(host: string): GeneralNameType {
  return isIP(host) === 0 ? 'dns' : 'ip';
}

type KeyPair = webcrypto.CryptoKeyPair;

function newKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

async function keysOf(pem: string): Promise<KeyPair> {
  const key = createPrivateKey(pem);
  const secret = key.export({ type: 'pkcs8', format: 'der' });
  const open = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', secret, P256, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', open, P256, true, ['verify']),
  };
}

/**
 * Makes a key pair and a PKCS #10 request; the key never leaves this machine.
 *
 * @param commonName - must be the name that the CA knows the identity by
 * @param hosts - names and IP addresses for the subject alternative name; none for enrolment
 * @param keyPem - a key to go on with, instead of a new one
 */
export async function makeCertificateRequest(
  commonName: string,
  hosts: readonly string[],
  keyPem?: string,
): Promise<CertificateRequest> {
  const keys = keyPem === undefined ? await newKeys() : await keysOf(keyPem);
  const names = hosts.map((value) => ({ type: typeOf(value), value }));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: P256,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { csr: request.toString('pem'), key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}
