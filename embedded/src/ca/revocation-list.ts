/**
 * What an organization's CA has taken back: an X.509 CRL.
 *
 * @module
 */
import type { webcrypto } from 'node:crypto';
import type { UnixMillis } from '@emr-share/model';
import { P256_SIGNING } from './p256.js';
import { X509Crl, X509CrlGenerator, type X509Certificate } from './x509.js';

const NEXT_UPDATE_MS = 10 * 365 * 86_400_000;

/** Who signs a revocation list, and when. */
export interface RevocationIssuer {
  readonly issuer: string;
  readonly key: webcrypto.CryptoKey;
  readonly now: UnixMillis;
}

interface Entry {
  readonly serialNumber: string;
  readonly revocationDate: Date;
}

/** Serial numbers of revoked certificates. */
export class RevocationList {
  readonly #entries: readonly Entry[];
  readonly #serials: ReadonlySet<string>;

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#serials = new Set(entries.map((entry) => entry.serialNumber));
  }

  static empty(): RevocationList {
    return new RevocationList([]);
  }

  /** Reads a CRL. Rejects with `Error` when `root` did not sign it. */
  static async read(crlPem: string, root: X509Certificate): Promise<RevocationList> {
    const crl = new X509Crl(crlPem);
    if (!(await crl.verify({ publicKey: root }))) {
      throw new Error('the revocation list is not signed by the CA');
    }
    return new RevocationList(crl.entries);
  }

  /** Whether the certificate with this serial number, lower-case hex, is revoked. */
  has(serialNumber: string): boolean {
    return this.#serials.has(serialNumber);
  }

  /** A new CRL, PEM, with `serials` added. Those on the list already keep their date. */
  async extend(
    serials: readonly string[],
    { issuer, key, now }: RevocationIssuer,
  ): Promise<string> {
    const added = serials
      .filter((serialNumber) => !this.has(serialNumber))
      .map((serialNumber) => ({ serialNumber, revocationDate: new Date(now) }));
    const crl = await X509CrlGenerator.create({
      issuer,
      thisUpdate: new Date(now),
      // Not looked at when certificates are checked: an old list goes on refusing. But a list without
      // it is read back as an empty one by @peculiar/x509 2.2.0.
      nextUpdate: new Date(now + NEXT_UPDATE_MS),
      entries: [...this.#entries, ...added].map(({ serialNumber, revocationDate }) => ({
        serialNumber,
        revocationDate,
      })),
      signingAlgorithm: P256_SIGNING,
      signingKey: key,
    });
    return crl.toString('pem');
  }
}
