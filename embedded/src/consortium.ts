/**
 * A whole consortium in one process and one directory: organizations with their CAs, peers and
 * custodian keys, one copy of the ledger for each, and a store for ciphertext.
 *
 * @module
 */
import type { BlobStore, CustodianKeyStore, Identity, Ledger } from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import { Department, Role, UserId, validate, type MspId } from '@emr-share/model';
import * as v from 'valibot';
import { introduce, openAdmin, type Admin } from './admins.js';
import { UnixfsBlobStore } from './blobs/unixfs-blob-store.js';
import { CertificateAuthority, type Validity } from './ca/certificate-authority.js';
import { generateP256 } from './ca/p256.js';
import { Deployment, type DeploymentOptions } from './deployment.js';
import { EmbeddedLedger } from './embedded-ledger.js';
import { verifyCopies, type VerificationReport } from './ledger/chain-verification.js';

/** How to open a consortium. */
export type ConsortiumOptions = Omit<DeploymentOptions, 'chaincodeOf'>;

/** Who is enrolled, and with which key. */
export interface EnrolOptions {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
  /** The user's own key, SPKI or PKCS#10, P-256; left out: one is made. */
  readonly publicKeyPem?: string | undefined;
  /** Default: from now on for a year. */
  readonly validity?: Validity | undefined;
  /** Whether the user's other keys stay certified, as of another device. Default false. */
  readonly isFurtherDevice?: boolean | undefined;
}

/** An enrolment of a key that the user holds. */
export interface Enrolled {
  readonly mspId: MspId;
  /** X.509 certificate. */
  readonly certificatePem: string;
}

/** An enrolment with the key that was made for it. */
export interface EnrolledWithKey extends Enrolled {
  readonly identity: Identity;
  /** PKCS#8. It is not kept anywhere. */
  readonly privateKeyPem: string;
}

/** An open consortium. */
export class Consortium implements AsyncDisposable {
  readonly blobs: BlobStore;
  readonly #deployment: Deployment;
  readonly #admins = new Map<MspId, Admin>();
  readonly #closing = new AbortController();

  private constructor(deployment: Deployment, blobs: BlobStore) {
    this.#deployment = deployment;
    this.blobs = blobs;
  }

  /**
   * Opens the consortium in a directory; makes it at the first time: the organizations' CAs and
   * keys, block 0, an admin for each organization (`admin.hospa` of HospAMSP), and the transactions
   * that register the admins and publish the custodian keys.
   *
   * After a kill at any moment the next call recovers: copies that lag catch up, nothing
   * acknowledged is lost.
   *
   * @throws EmrError `LEDGER_BUSY` while another process has it open, `LEDGER_CORRUPT` where the
   * copies cannot be made to agree, `INPUT_INVALID` for a directory that cannot be used.
   */
  static async open(options: ConsortiumOptions): Promise<Consortium> {
    const deployment = await Deployment.open(options);
    try {
      const blobs = await UnixfsBlobStore.open({ directory: deployment.paths.blobs });
      const consortium = new Consortium(deployment, blobs);
      await consortium.#openAdmins(options.signal);
      return consortium;
    } catch (error) {
      await deployment.close();
      throw error;
    }
  }

  /** MSP IDs, in the order of the channel's configuration. */
  get organizations(): readonly MspId[] {
    return this.#deployment.organizations.map(({ mspId }) => mspId);
  }

  /**
   * Has an organization's CA certify a user. The certificate is what contracts know the user by.
   *
   * @throws EmrError `USER_EXISTS` while the user has a valid certificate for another key,
   * `INPUT_INVALID`.
   */
  enrol(mspId: MspId, options: EnrolOptions & { readonly publicKeyPem: string }): Promise<Enrolled>;
  enrol(
    mspId: MspId,
    options: EnrolOptions & { readonly publicKeyPem?: undefined },
  ): Promise<EnrolledWithKey>;
  async enrol(mspId: MspId, options: EnrolOptions): Promise<Enrolled | EnrolledWithKey> {
    const { authority } = this.#deployment.organization(mspId);
    const attributes = {
      userId: validate(UserId, options.userId, 'the user ID'),
      role: validate(Role, options.role, 'the role'),
      department: validate(v.optional(Department), options.department, 'the department'),
    };
    const validity =
      options.validity ?? CertificateAuthority.enrolmentValidity(this.#deployment.clock.now());
    const { isFurtherDevice } = options;
    const certify = (publicKeyPem: string): Promise<string> =>
      authority.enrol(attributes, publicKeyPem, validity, isFurtherDevice);
    if (options.publicKeyPem !== undefined) {
      const certificatePem = await certify(options.publicKeyPem);
      return { mspId, certificatePem };
    }
    const { publicKey, privateKey } = await generateP256();
    const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const certificatePem = await certify(publicKeyPem);
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const identity = createIdentity({ mspId, certificatePem, privateKeyPem });
    return { mspId, certificatePem, privateKeyPem, identity };
  }

  /**
   * Has an organization's CA revoke every certificate of a user: from then on no organization lets
   * that user in. The user may be enrolled again with another key.
   *
   * @throws EmrError `USER_NOT_FOUND`.
   */
  async revokeEnrolment(mspId: MspId, userId: UserId): Promise<void> {
    await this.#deployment
      .organization(mspId)
      .authority.revoke(validate(UserId, userId, 'the user ID'), this.#deployment.clock.now());
  }

  /** The custodian keys of an organization, for {@link rotateCustodian}. */
  custodianKeys(mspId: MspId): CustodianKeyStore {
    return this.#deployment.organization(mspId).custodians;
  }

  /** The admin of an organization. */
  admin(mspId: MspId): Admin {
    const admin = this.#admins.get(this.#deployment.organization(mspId).mspId);
    if (admin === undefined) throw new TypeError(`the admin of ${mspId} is not open yet`);
    return admin;
  }

  /**
   * The ledger as one identity sees it.
   *
   * @throws EmrError `INPUT_INVALID` when the certificate names no user.
   */
  ledger(identity: Identity): Ledger {
    return new EmbeddedLedger(identity, this.#deployment.channel, this.#closing.signal);
  }

  /**
   * Verifies every copy of the ledger from block 0 on.
   *
   * @throws EmrError `LEDGER_CORRUPT` with the organization and the first bad block.
   */
  verify(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<VerificationReport> {
    return verifyCopies(this.#deployment.channel.peers, this.#deployment.config, options.signal);
  }

  /** Waits for what is under way, ends event streams, and lets the directory go. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#deployment.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #openAdmins(signal: AbortSignal | undefined): Promise<void> {
    const { organizations, paths, clock } = this.#deployment;
    for (const organization of organizations) {
      signal?.throwIfAborted();
      const { admin: folder } = paths.organization(organization.mspId);
      const admin = await openAdmin(organization, folder, clock.now());
      this.#admins.set(organization.mspId, admin);
      const ledger = this.ledger(admin.identity);
      await introduce(admin, { ledger, blobs: this.blobs, signal });
    }
  }
}
