/**
 * Users and custodians as the ledger knows them.
 *
 * @module
 */
import * as v from 'valibot';
import { KeyGeneration, MspId, PublicKeyHex, SignatureHex, UnixMillis, UserId } from './ids.js';

/** Values of the certificate attribute `role`. */
export const ROLES = [
  'patient',
  'physician',
  'emergency-physician',
  'auditor',
  'privacy-officer',
  'duty-service',
  'researcher',
  'device',
  'admin',
] as const;
export const Role = v.picklist(ROLES, 'role');
export type Role = v.InferOutput<typeof Role>;

/** Names of the X.509 attributes that an organization's CA writes into enrolment certificates. */
export const ATTRIBUTES = { userId: 'emr.user', role: 'role', department: 'department' } as const;

/** Department in the certificate: 1–64 of a–z, 0–9, `-`. */
export const Department = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/, 'department'));

/** Who calls a transaction: what the contract reads from the caller's X.509 certificate. */
export const Caller = v.strictObject({
  mspId: MspId,
  userId: UserId,
  role: Role,
  department: v.optional(Department),
});
export type Caller = v.InferOutput<typeof Caller>;

/** What a user declares of itself. Signed with tag `registration` by the verifying key in it. */
export const RegistrationBody = v.strictObject({
  userId: UserId,
  mspId: MspId,
  role: Role,
  /** Checks the user's signatures on records, scopes, policies, grants and kfrags. */
  verifyingKey: PublicKeyHex,
  /** `PK` of the reader: kfrags delegate to it. */
  readerKey: PublicKeyHex,
  registeredAt: UnixMillis,
});
export type RegistrationBody = v.InferOutput<typeof RegistrationBody>;

export const SignedRegistration = v.strictObject({
  body: RegistrationBody,
  signature: SignatureHex,
});
export type SignedRegistration = v.InferOutput<typeof SignedRegistration>;

/** How often a user's keys were rotated. */
export const KeyNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(9999));
export type KeyNumber = v.InferOutput<typeof KeyNumber>;

/** A registered user in ledger state. `verifyingKey` and `readerKey` are those in force. */
export const User = v.strictObject({
  ...RegistrationBody.entries,
  /** Over the registration: see {@link registrationOf}. */
  signature: SignatureHex,
  /** Left out: the keys are those of the registration. */
  keyNumber: v.optional(KeyNumber),
  /** Since when the keys in force are; set with {@link keyNumber}. */
  keysSince: v.optional(UnixMillis),
  /** The keys that the user registered with; set with {@link keyNumber}. */
  registered: v.optional(v.strictObject({ verifyingKey: PublicKeyHex, readerKey: PublicKeyHex })),
  status: v.picklist(['active', 'suspended']),
  /** Set while `status` is `suspended`. */
  suspendedAt: v.optional(UnixMillis),
});
export type User = v.InferOutput<typeof User>;

/** What the user signed at the registration, whatever keys are in force now. */
export function registrationOf(user: User): SignedRegistration {
  const { userId, mspId, role, registeredAt, signature } = user;
  const { verifyingKey, readerKey } = user.registered ?? user;
  return { body: { userId, mspId, role, verifyingKey, readerKey, registeredAt }, signature };
}

/** An organization as holder of fragments. Published by an admin of that organization. */
export const Custodian = v.strictObject({
  mspId: MspId,
  /** Fragments are sealed to this key; its secret half never leaves the contract service. */
  publicKey: PublicKeyHex,
  generation: KeyGeneration,
  /**
   * Oldest generation that a grant may still name: {@link generation}, or an earlier one while the
   * organization goes over to a new key.
   */
  acceptedFrom: KeyGeneration,
  publishedAt: UnixMillis,
});
export type Custodian = v.InferOutput<typeof Custodian>;
