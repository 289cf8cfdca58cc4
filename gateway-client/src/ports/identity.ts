/**
 * Port: an enrolled identity. The private key may live anywhere: in memory, in a browser's
 * WebCrypto, in another process or a card; only signatures cross.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';

/** Who calls the ledger. */
export interface Identity {
  readonly mspId: MspId;
  /** X.509 enrolment certificate, PEM. */
  readonly certificatePem: string;
  /**
   * Signs with the certificate's P-256 key.
   *
   * @param digest - SHA-256, 32 bytes.
   * @returns ECDSA signature, ASN.1 DER, low-S (Fabric refuses high-S).
   */
  sign(digest: Uint8Array): Promise<Uint8Array>;
}
