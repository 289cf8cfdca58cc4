import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  X509CertificateGenerator,
} from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60_000;

type KeyPair = Awaited<ReturnType<typeof newKeys>>;

function newKeys() {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

/** A root of its own that signs what it is given. */
export class TestCa {
  readonly pem: string;
  readonly #name: string;
  readonly #keys: KeyPair;

  private constructor(name: string, keys: KeyPair, pem: string) {
    this.#name = name;
    this.#keys = keys;
    this.pem = pem;
  }

  static async make(name: string): Promise<TestCa> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: P256,
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    });
    return new TestCa(name, keys, certificate.toString('pem'));
  }

  /** A certificate for the request's name and key. */
  async sign(csrPem: string, days = 365): Promise<string> {
    const request = new Pkcs10CertificateRequest(csrPem);
    if (!(await request.verify())) throw new Error('the request is not signed by its key');
    const certificate = await X509CertificateGenerator.create({
      subject: request.subject,
      issuer: `CN=${this.#name}`,
      publicKey: request.publicKey,
      extensions: request.extensions,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: P256,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
    });
    return certificate.toString('pem');
  }
}
