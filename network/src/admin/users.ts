/**
 * People of an organization at its CA: made known, and enrolled. Signed by the organization's
 * registrar.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Attribute, CaIdentity, Credentials, Registration } from '../ca/ca-client.js';
import { makeCertificateRequest } from '../ca/certificate-request.js';
import { NetworkError } from '../errors.js';
import { attribute } from '../topology/schema.js';
import { type Member, openMember } from './member.js';

const SECRET_BYTES = 24;
const UserShape = v.object({
  userId: attribute,
  role: attribute,
  department: v.optional(attribute),
});

/** Whom to register: the certificate's attributes are `emr.user` (the ID), `role`, `department`. */
export interface UserRegistration {
  userId: string;
  role: string;
  department?: string | undefined;
}

export interface RegisterOptions {
  /** Somebody known gets a new secret, role and department, instead of an error. */
  again?: boolean;
  signal?: AbortSignal | undefined;
}

/** What the user needs to enrol, once, on the user's own device. */
export interface EnrolmentTicket {
  userId: string;
  mspId: string;
  /** Good for one enrolment. */
  enrolmentSecret: string;
  /** What a user who was known before had been registered as. */
  before?: { role: string | null; department: string | null };
}

function checked(user: UserRegistration): UserRegistration {
  const result = v.safeParse(UserShape, user);
  if (result.success) return user;
  const problem = result.issues
    .map((issue) => `${v.getDotPath(issue) ?? 'user'} ${issue.message}`)
    .join('; ');
  throw new NetworkError('ADMIN_REFUSED', { action: 'register a user', problem });
}

function attributesOf({ userId, role, department }: UserRegistration): Attribute[] {
  const values = {
    'emr.user': userId,
    role,
    ...(department === undefined ? {} : { department }),
  };
  return Object.entries(values).map(([name, value]) => ({ name, value, ecert: true }));
}

function registration(user: UserRegistration, maxEnrolments?: number): Registration {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const limit = maxEnrolments === undefined ? {} : { maxEnrolments };
  const attributes = attributesOf(user);
  return { id: user.userId, type: 'client', secret, attributes, ...limit };
}

/** An empty value takes the attribute away from somebody who had it. */
function asChange(wanted: Registration, { department }: UserRegistration): Registration {
  if (department !== undefined) return wanted;
  const none = { name: 'department', value: '', ecert: true };
  return { ...wanted, attributes: [...wanted.attributes, none] };
}

async function requireKnown({ enroller }: Member, userId: string): Promise<CaIdentity> {
  const known = await enroller.ca.identity(enroller.registrar.ca, userId);
  if (known?.type === 'client') return known;
  const problem = 'the name belongs to a node or an administrator; choose another ID';
  throw new NetworkError('ADMIN_REFUSED', { action: `register ${userId}`, problem });
}

function isUnchanged({ attributes }: CaIdentity, user: UserRegistration): boolean {
  return (
    attributes['role'] === user.role && (attributes['department'] ?? '') === (user.department ?? '')
  );
}

function userKnown({ organization }: Member, { id, attributes }: CaIdentity): NetworkError {
  const role = attributes['role'] ?? 'no role';
  return new NetworkError('USER_KNOWN', { userId: id, organization: organization.name, role });
}

/**
 * Makes a user known to the organization's CA. The user enrols with the secret from the user's own
 * device, where the private key stays.
 *
 * @param organization - its name in the topology, or its MSP ID
 * @throws {@link NetworkError} USER_KNOWN for somebody known, unless `again`; ADMIN_REFUSED,
 *   NETWORK_NOT_FOUND, ORGANIZATION_UNKNOWN, CA_REFUSED, REQUEST_FAILED
 */
export async function registerUser(
  dir: string,
  organization: string,
  user: UserRegistration,
  { again = false, signal }: RegisterOptions = {},
): Promise<EnrolmentTicket> {
  const { userId } = checked(user);
  const member = await openMember(dir, organization, signal);
  const { ca, registrar } = member.enroller;
  const { mspId } = member.organization;
  const first = registration(user, 1);
  if (await ca.registerNew(registrar.ca, first)) {
    return { userId, mspId, enrolmentSecret: first.secret };
  }
  const known = await requireKnown(member, userId);
  if (!again) throw userKnown(member, known);
  // The CA counts enrolments over all secrets: one more than there were leaves this secret one.
  const issued = await ca.certificates(registrar.ca, { id: userId });
  const next = registration(user, issued.length + 1);
  await ca.change(registrar.ca, asChange(next, user));
  const { role = null, department = null } = known.attributes;
  return { userId, mspId, enrolmentSecret: next.secret, before: { role, department } };
}

/** Enrols one user; see {@link enrolUser}. */
export type Enrol = (
  user: UserRegistration,
  options?: Pick<RegisterOptions, 'again'>,
) => Promise<Credentials & { mspId: string }>;

/**
 * Opens an organization's CA once, to register and enrol many users there; see {@link enrolUser}.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, ORGANIZATION_UNKNOWN, CA_REFUSED, REQUEST_FAILED
 */
export async function openEnrolment(
  dir: string,
  organization: string,
  signal?: AbortSignal,
): Promise<Enrol> {
  const member = await openMember(dir, organization, signal);
  const { ca, registrar } = member.enroller;
  return async (user, { again = false } = {}) => {
    const { userId } = checked(user);
    const wanted = registration(user);
    if (!(await ca.registerNew(registrar.ca, wanted))) {
      const known = await requireKnown(member, userId);
      if (!again && !isUnchanged(known, user)) throw userKnown(member, known);
      await ca.change(registrar.ca, asChange(wanted, user));
    }
    const { csr, key } = await makeCertificateRequest(userId, []);
    const certificate = await ca.enroll(userId, wanted.secret, csr);
    return { mspId: member.organization.mspId, certificate, key };
  };
}

/**
 * Registers a user and enrols at once with a key made here: for tests, and for services on the
 * administrator's own machine. Safe to repeat for the same role and department.
 *
 * @throws {@link NetworkError} USER_KNOWN for somebody known in another role or department, unless
 *   `again`; otherwise as {@link registerUser}
 */
export async function enrolUser(
  dir: string,
  organization: string,
  user: UserRegistration,
  { again = false, signal }: RegisterOptions = {},
): Promise<Credentials & { mspId: string }> {
  checked(user);
  const enrol = await openEnrolment(dir, organization, signal);
  return enrol(user, { again });
}
