/** A user with a keyring and a certificate, who signs what users sign. */
import {
  encrypt,
  generateKFrags,
  PublicKey,
  sealBox,
  type SecretKey,
  SecretKeyFactory,
  Signer,
} from '@emr-share/crypto';
import {
  canonicalBytes,
  categoryScopeId,
  signedBytes,
  type CanonicalValue,
  type FragmentDeposit,
  type GrantBody,
  type GrantScopeBody,
  type KeyRotationBody,
  type KeyWrap,
  type PolicyBody,
  type RecordBody,
  type RegistrationBody,
  type Role,
  type ScopeBody,
  type SignatureTag,
  type SignedGrant,
  type SignedGrantScope,
  type SignedKeyRotation,
  type SignedPolicy,
  type SignedRegistration,
  type SignedScope,
  type SignedWrap,
  type TransactionRecord,
} from '@emr-share/model';
import { createHash, randomBytes } from 'node:crypto';
import { enrol } from './enrolment.js';
import type { Channel, Identity, Organization } from './channel.js';

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const newId = (): string => randomBytes(16).toString('hex');
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The sealed fragments of one scope, for every custodian, with what the patient signs of them. */
export interface SealedScope {
  readonly scope: SignedGrantScope;
  readonly sealed: Readonly<Record<string, string>>;
}

export class Person implements Identity {
  readonly mspId: string;
  readonly userId: string;
  readonly role: Role;
  readonly certificatePem: string;
  readonly reader: SecretKey;
  readonly signer: Signer;
  readonly #factory: SecretKeyFactory;

  private constructor(mspId: string, userId: string, role: Role, certificatePem: string) {
    this.mspId = mspId;
    this.userId = userId;
    this.role = role;
    this.certificatePem = certificatePem;
    this.#factory = SecretKeyFactory.random();
    this.signer = new Signer(this.#key('emr-share/verifying/v1'));
    this.reader = this.#key('emr-share/reader/v1');
  }

  static async enrolled(
    mspId: string,
    userId: string,
    role: Role,
    department?: string,
  ): Promise<Person> {
    const attributes = { 'emr.user': userId, role, ...(department && { department }) };
    return new Person(mspId, userId, role, await enrol(mspId, attributes));
  }

  /** The same person and certificate with the keys of a fresh seed. */
  renewed(): Person {
    return new Person(this.mspId, this.userId, this.role, this.certificatePem);
  }

  /** The statement that these are the keys after those of `former`, signed by both. */
  rotation(
    former: Person,
    rotatedAt: number,
    changes: Partial<KeyRotationBody> = {},
  ): SignedKeyRotation {
    const { body, signature: possession } = this.sign('key-rotation', {
      userId: this.userId,
      number: 1,
      previousVerifyingKey: hexOf(former.signer.verifyingKey().toCompressedBytes()),
      verifyingKey: hexOf(this.signer.verifyingKey().toCompressedBytes()),
      readerKey: hexOf(this.reader.publicKey().toCompressedBytes()),
      previousSeed: hexOf(randomBytes(83)),
      rotatedAt,
      ...changes,
    });
    return { body, signature: former.sign('key-rotation', body).signature, possession };
  }

  #key(label: string): SecretKey {
    return this.#factory.makeKey(utf8(label));
  }

  scopeKey(scopeId: string): SecretKey {
    return this.#key(`emr-share/scope/v1/${scopeId}`);
  }

  sign<B extends CanonicalValue>(tag: SignatureTag, body: B): { body: B; signature: string } {
    return { body, signature: hexOf(this.signer.sign(signedBytes(tag, body)).toBEBytes()) };
  }

  registration(registeredAt: number, changes: Partial<RegistrationBody> = {}): SignedRegistration {
    return this.sign('registration', {
      userId: this.userId,
      mspId: this.mspId,
      role: this.role,
      verifyingKey: hexOf(this.signer.verifyingKey().toCompressedBytes()),
      readerKey: hexOf(this.reader.publicKey().toCompressedBytes()),
      registeredAt,
      ...changes,
    });
  }

  scope(scopeId: string, publishedAt: number, changes: Partial<ScopeBody> = {}): SignedScope {
    const delegatingKey = hexOf(this.scopeKey(scopeId).publicKey().toCompressedBytes());
    return this.sign('scope', {
      scopeId,
      patient: this.userId,
      delegatingKey,
      publishedAt,
      ...changes,
    });
  }

  policy(publishedAt: number, changes: Partial<PolicyBody> = {}): SignedPolicy {
    return this.sign('policy', {
      patient: this.userId,
      version: 1,
      purposes: ['TREAT', 'CAREMGT'],
      maxGrantMs: 30 * 86_400_000,
      ticketMs: 60_000,
      closedCategories: [],
      publishedAt,
      ...changes,
    });
  }

  /** A record for a patient, under the scope of an epoch. */
  record(
    patient: Person,
    timestamp: number,
    changes: Partial<RecordBody> = {},
    scopeId = categoryScopeId(patient.userId, 'prescription', 0),
  ): TransactionRecord {
    const body: RecordBody = {
      recordId: newId(),
      patient: patient.userId,
      author: this.userId,
      timestamp,
      info: {
        category: 'prescription',
        securityLevel: 'private',
        contentType: 'application/fhir+json',
        sizeBytes: 4,
        cid: `b${'a'.repeat(58)}`,
      },
      metadata: {
        ciphertextSha256: hexOf(randomBytes(32)),
        sizeBytes: 100,
        keyWrap: patient.keyWrap(scopeId).keyWrap,
        uploadTag: hexOf(randomBytes(32)),
      },
      policy: { patient: patient.userId, version: 1 },
      ...changes,
    };
    return { ...body, signature: this.sign('record', body).signature };
  }

  /** A fresh DEK, wrapped for a scope of this patient. */
  keyWrap(
    scopeId: string,
    dek: Uint8Array = randomBytes(32),
  ): { keyWrap: KeyWrap; dek: Uint8Array } {
    const [capsule, ciphertext] = encrypt(this.scopeKey(scopeId).publicKey(), Uint8Array.from(dek));
    return {
      dek,
      keyWrap: {
        scopeId,
        capsule: hexOf(capsule.toBytesSimple()),
        encryptedDek: hexOf(ciphertext),
      },
    };
  }

  wrap(recordId: string, scopeId: string): SignedWrap {
    const { keyWrap } = this.keyWrap(scopeId);
    return this.sign('wrap', { recordId, patient: this.userId, keyWrap });
  }

  grant(grantee: Person, createdAt: number, changes: Partial<GrantBody> = {}): SignedGrant {
    return this.sign('grant', {
      grantId: newId(),
      patient: this.userId,
      delegateeKey: hexOf(grantee.reader.publicKey().toCompressedBytes()),
      coverage: { kind: 'categories', categories: ['prescription'] },
      rule: {
        grantee: grantee.userId,
        actions: ['read'],
        purposes: ['TREAT'],
        notBefore: createdAt,
        notAfter: createdAt + 3_600_000,
      },
      threshold: 2,
      custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
      createdAt,
      ...changes,
    } satisfies GrantBody);
  }

  /** Makes and seals the kfrags of one scope of a grant. */
  sealScope(
    channel: Channel,
    { body: grant }: SignedGrant,
    scopeId: string,
    options: SealOptions = {},
  ): SealedScope {
    const delegatingSk = this.scopeKey(scopeId);
    const { threshold, custodians, grantId } = grant;
    const { generation = 1 } = options;
    const receiving = options.receiving ?? bytesOf(grant.delegateeKey);
    const kfrags = generateKFrags(
      options.delegating ?? delegatingSk,
      PublicKey.fromCompressedBytes(receiving),
      options.signer ?? this.signer,
      threshold,
      custodians.length,
      options.signDelegatingKey ?? true,
      options.signReceivingKey ?? true,
    );
    const sealed = Object.fromEntries(
      custodians.map((mspId, i) => {
        const key = channel.custodians[mspId as Organization].secret(generation).publicKey();
        const context = canonicalBytes({ grantId, mspId, scopeId, ...options.context });
        return [mspId, hexOf(sealBox(key, kfrags[i]!.toBytes(), { context }))];
      }),
    );
    return { scope: this.commit(grantId, scopeId, sealed, {}, generation), sealed };
  }

  /** Signs for sealed fragments as they are. */
  commit(
    grantId: string,
    scopeId: string,
    sealed: Readonly<Record<string, string>>,
    changes: Partial<GrantScopeBody> = {},
    generation = 1,
  ): SignedGrantScope {
    return this.sign('grant-scope', {
      grantId,
      scopeId,
      delegatingKey: hexOf(this.scopeKey(scopeId).publicKey().toCompressedBytes()),
      fragments: Object.entries(sealed).map(([mspId, box]) => ({
        mspId,
        generation,
        sealedSha256: createHash('sha256').update(box, 'hex').digest('hex'),
      })),
      ...changes,
    });
  }
}

/** Ways in which a patient's fragments can be wrong. */
export interface SealOptions {
  readonly receiving?: Uint8Array;
  readonly delegating?: SecretKey;
  readonly signer?: Signer;
  readonly signDelegatingKey?: boolean;
  readonly signReceivingKey?: boolean;
  readonly context?: Readonly<Record<string, string>>;
  /** Of the custodian keys that the fragments are sealed to; default 1. */
  readonly generation?: number;
}

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** The transient data of a deposit at one organization. */
export function depositFor(
  mspId: string,
  grant: SignedGrant,
  scopes: readonly SealedScope[],
): { fragments: Uint8Array } {
  const deposit: FragmentDeposit = {
    grant,
    fragments: scopes.map(({ scope, sealed }) => ({ scope, sealed: sealed[mspId] ?? '' })),
  };
  return { fragments: utf8(JSON.stringify(deposit)) };
}
