/**
 * The CA of one organization: it says who its members are, and takes it back.
 *
 * @module
 */
import { createPrivateKey, webcrypto } from 'node:crypto';
import { EmrError, type MspId, type UnixMillis } from '@emr-share/model';
import { KeyedLock } from '../blobs/keyed-lock.js';
import { attributeExtension, type EnrolmentAttributes } from './attributes.js';
import { AuthorityFiles } from './authority-files.js';
import { authorityName, memberName } from './distinguished-names.js';
import { P256, P256_SIGNING } from './p256.js';
import { RevocationList } from './revocation-list.js';
import { readSubjectKey } from './subject-key.js';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonName,
} from './x509.js';

const DAY_MS = 86_400_000;
const ROOT_VALIDITY_MS = 15 * 365 * DAY_MS;
const PEER_VALIDITY_MS = 15 * 365 * DAY_MS;
/** An enrolment is good for one year, as Fabric CA's default. */
export const ENROLMENT_VALIDITY_MS = 365 * DAY_MS;
/** Certificates are valid from a little earlier, for clocks that are behind. */
const BACKDATE_MS = 300_000;

export interface Validity {
  readonly notBefore: UnixMillis;
  readonly notAfter: UnixMillis;
}

interface Member {
  readonly subject: JsonName;
  readonly publicKeyPem: string;
  readonly validity: Validity;
  readonly extensions: readonly Extension[];
}

/** Issues and revokes the certificates of one organization's members. */
export class CertificateAuthority {
  readonly mspId: MspId;
  /** The trust anchor that every organization has of this one. */
  readonly rootCertificatePem: string;
  readonly #root: X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #files: AuthorityFiles;
  readonly #lock = new KeyedLock();
  #revoked: RevocationList;

  private constructor(
    mspId: MspId,
    root: X509Certificate,
    key: webcrypto.CryptoKey,
    files: AuthorityFiles,
    revoked: RevocationList,
  ) {
    this.mspId = mspId;
    this.rootCertificatePem = root.toString('pem');
    this.#root = root;
    this.#key = key;
    this.#files = files;
    this.#revoked = revoked;
  }

  /** What this CA has revoked. */
  get revoked(): RevocationList {
    return this.#revoked;
  }

  /** Makes a CA with a fresh key in `directory`. */
  static async create(mspId: MspId, directory: string, now: UnixMillis): Promise<void> {
    const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
    const root = await X509CertificateGenerator.createSelfSigned({
      name: authorityName(mspId),
      keys,
      signingAlgorithm: P256_SIGNING,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(now + ROOT_VALIDITY_MS),
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await new AuthorityFiles(directory).create(root.toString('pem'), privateKeyPem);
  }

  static async open(mspId: MspId, directory: string): Promise<CertificateAuthority> {
    const files = new AuthorityFiles(directory);
    const { certificatePem, privateKeyPem } = await files.read();
    const pkcs8 = createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' });
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign']);
    const root = new X509Certificate(certificatePem);
    const crlPem = await files.readRevocations();
    const revoked =
      crlPem === null ? RevocationList.empty() : await RevocationList.read(crlPem, root);
    return new CertificateAuthority(mspId, root, key, files, revoked);
  }

  /** The validity that an enrolment gets by default. */
  static enrolmentValidity(now: UnixMillis): Validity {
    return { notBefore: now - BACKDATE_MS, notAfter: now + ENROLMENT_VALIDITY_MS };
  }

  /**
   * Certifies a user's public key, with the attributes that contracts read.
   *
   * One key for each user: another key is certified only after the certificates of the first one
   * have expired or been revoked. The same key may be certified again.
   *
   * @param publicKeyPem - SPKI or PKCS#10, P-256.
   * @param isFurtherDevice - Whether another key is certified beside the first one all the same.
   * @throws EmrError `USER_EXISTS`, `INPUT_INVALID`.
   */
  enrol(
    attributes: EnrolmentAttributes,
    publicKeyPem: string,
    validity: Validity,
    isFurtherDevice = false,
  ): Promise<string> {
    return this.#lock.run(attributes.userId, async () => {
      if (!isFurtherDevice) {
        await this.#refuseSecondKey(attributes, publicKeyPem, validity.notBefore + BACKDATE_MS);
      }
      const certificate = await this.#issue({
        subject: memberName(attributes.userId, 'client', this.mspId),
        publicKeyPem,
        validity,
        extensions: [attributeExtension(attributes)],
      });
      const pem = certificate.toString('pem');
      await this.#files.addIssued(attributes.userId, certificate.serialNumber, pem);
      return pem;
    });
  }

  /** Certifies the key with which the organization's peer endorses and signs blocks. */
  async issuePeer(name: string, publicKeyPem: string, now: UnixMillis): Promise<string> {
    const certificate = await this.#issue({
      subject: memberName(name, 'peer', this.mspId),
      publicKeyPem,
      validity: { notBefore: now - BACKDATE_MS, notAfter: now + PEER_VALIDITY_MS },
      extensions: [],
    });
    return certificate.toString('pem');
  }

  /**
   * Puts every certificate of a user on the revocation list, durably.
   *
   * @throws EmrError `USER_NOT_FOUND` when this CA never certified the user.
   */
  async revoke(userId: string, now: UnixMillis): Promise<void> {
    const issued = await this.#files.issuedTo(userId);
    if (issued.length === 0) throw new EmrError('USER_NOT_FOUND', { userId });
    const serials = issued.map((pem) => new X509Certificate(pem).serialNumber);
    await this.#lock.run('revoked.pem', async () => {
      const issuer = { issuer: this.#root.subject, key: this.#key, now };
      const crlPem = await this.#revoked.extend(serials, issuer);
      await this.#files.writeRevocations(crlPem);
      this.#revoked = await RevocationList.read(crlPem, this.#root);
    });
  }

  async #issue({ subject, publicKeyPem, validity, extensions }: Member): Promise<X509Certificate> {
    const publicKey = await readSubjectKey(publicKeyPem);
    return X509CertificateGenerator.create({
      subject,
      issuer: this.#root.subject,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: P256_SIGNING,
      notBefore: new Date(validity.notBefore),
      notAfter: new Date(validity.notAfter),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#root.publicKey),
        ...extensions,
      ],
    });
  }

  async #refuseSecondKey(
    { userId }: EnrolmentAttributes,
    publicKeyPem: string,
    now: UnixMillis,
  ): Promise<void> {
    const issued = await this.#files.issuedTo(userId);
    if (issued.length === 0) return;
    const key = await readSubjectKey(publicKeyPem);
    const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', key));
    const hasOtherKey = issued
      .map((pem) => new X509Certificate(pem))
      .filter((one) => one.notAfter.getTime() > now && !this.#revoked.has(one.serialNumber))
      .some((one) => !spki.equals(Buffer.from(one.publicKey.rawData)));
    if (hasOtherKey) throw new EmrError('USER_EXISTS', { userId });
  }
}
