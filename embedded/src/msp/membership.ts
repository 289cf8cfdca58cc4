/**
 * Membership: is this certificate one of that organization's, and may it still be used?
 * The part of Fabric's MSP that decides whose proposals count.
 *
 * @module
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { EmrError, type MspId, type UnixMillis } from '@emr-share/model';
import type { RevocationList } from '../ca/revocation-list.js';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from '../ca/x509.js';
import type { ChannelConfig } from './channel-config.js';
import type { Creator } from './creator.js';

/** Certificates whose chain was checked are remembered; the oldest are forgotten first. */
const MAX_REMEMBERED = 1000;

/** A certificate whose issuer is one of the channel's organizations. */
export interface Member {
  readonly mspId: MspId;
  readonly serialNumber: string;
  readonly notBefore: UnixMillis;
  readonly notAfter: UnixMillis;
  readonly publicKey: KeyObject;
}

/** The channel's organizations as one of them sees them. */
export class Membership {
  readonly #roots: ReadonlyMap<MspId, X509Certificate>;
  readonly #peerKeys: ReadonlyMap<MspId, KeyObject>;
  readonly #members = new Map<string, Promise<Member>>();

  constructor({ organizations }: ChannelConfig) {
    this.#roots = new Map(
      organizations.map((one) => [one.mspId, new X509Certificate(one.rootCertificatePem)]),
    );
    this.#peerKeys = new Map(
      organizations.map((one) => [
        one.mspId,
        publicKeyOf(new X509Certificate(one.peerCertificatePem)),
      ]),
    );
  }

  /** The channel's organizations, in the order of its configuration. */
  get organizations(): readonly MspId[] {
    return [...this.#roots.keys()];
  }

  /** The keys with which the organizations' peers endorse and sign blocks. */
  get peerKeys(): ReadonlyMap<MspId, KeyObject> {
    return this.#peerKeys;
  }

  /**
   * Checks that a certificate was issued by the CA of the organization that it is presented for, is
   * an end entity's, may sign, and was valid at `at`.
   *
   * @throws EmrError `CERTIFICATE_REFUSED`.
   */
  async memberAt(creator: Creator, at: UnixMillis): Promise<Member> {
    const member = await this.#remembered(creator);
    if (at < member.notBefore) throw refused('the certificate is not valid yet');
    if (at > member.notAfter) throw refused('the certificate has expired');
    return member;
  }

  #remembered(creator: Creator): Promise<Member> {
    const key = `${creator.mspId}\n${creator.certificatePem}`;
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const member = this.#check(creator);
    const [oldest] = this.#members.keys();
    if (this.#members.size >= MAX_REMEMBERED && oldest !== undefined) this.#members.delete(oldest);
    this.#members.set(key, member);
    return member;
  }

  async #check({ mspId, certificatePem }: Creator): Promise<Member> {
    const root = this.#roots.get(mspId);
    if (root === undefined) throw refused(`${mspId} is no organization of the channel`);
    const certificate = parse(certificatePem);
    const issued =
      certificate.issuer === root.subject &&
      (await certificate.verify({ publicKey: root, signatureOnly: true }));
    if (!issued) throw refused(`the certificate was not issued by the CA of ${mspId}`);
    if (!maySign(certificate)) throw refused('the certificate is not one of a signing member');
    return {
      mspId,
      serialNumber: certificate.serialNumber,
      notBefore: certificate.notBefore.getTime(),
      notAfter: certificate.notAfter.getTime(),
      publicKey: publicKeyOf(certificate),
    };
  }
}

/** Refuses a member whose organization has revoked the certificate. */
export function refuseRevoked(member: Member, revoked: RevocationList): void {
  if (revoked.has(member.serialNumber)) throw refused('the certificate has been revoked');
}

/** How the ledger answers whoever it does not know as a member. */
export function refused(problem: string, cause?: unknown): EmrError<'CERTIFICATE_REFUSED'> {
  return new EmrError('CERTIFICATE_REFUSED', { problem }, { cause });
}

/** How the ledger answers what it cannot take. */
export function rejected(problem: string, cause?: unknown): EmrError<'LEDGER_REJECTED'> {
  return new EmrError('LEDGER_REJECTED', { problem }, { cause });
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw refused('the certificate cannot be read', cause);
  }
}

function maySign(certificate: X509Certificate): boolean {
  const isAuthority = certificate.getExtension(BasicConstraintsExtension)?.ca ?? false;
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  return !isAuthority && (usages & KeyUsageFlags.digitalSignature) !== 0;
}

function publicKeyOf(certificate: X509Certificate): KeyObject {
  const key = Buffer.from(certificate.publicKey.rawData);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}
