/**
 * Users: registered by themselves, suspended by their organization's admin or themselves.
 *
 * @module
 */
import { EmrError, type RegistrationBody, type User } from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { userOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { userKey } from '../ledger-keys.js';
import { assertPublicKey, assertSigned } from '../signed-facts.js';

export const registerUser: Rule<'registry:RegisterUser'> = async (invocation, registration) => {
  const { state, now } = invocation;
  const { body, signature } = registration;
  assertOwnCertificate(invocation, body);
  assertPublicKey(body.verifyingKey, 'the verifying key');
  assertPublicKey(body.readerKey, 'the reader key');
  assertSigned('registration', registration, body.verifyingKey);

  const existing = await state.get(userKey(body.userId));
  if (existing !== null) return sameRegistration(existing, body);

  assertWithinSkew(body.registeredAt, now);
  const user: User = { ...body, signature, status: 'active' };
  await state.put(userKey(user.userId), user);
  await writeAudit(invocation, {
    type: 'user.registered',
    subject: user.userId,
    ...patientIfAny(user),
  });
  return user;
};

export const suspendUser: Rule<'registry:SuspendUser'> = async (invocation, { userId }) => {
  const { caller, state, now } = invocation;
  const user = await userOf(state, userId);
  const byAdmin = caller.role === 'admin' && caller.mspId === user.mspId;
  if (!byAdmin && caller.userId !== userId) {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'suspend this user' });
  }
  if (user.status === 'suspended') return user;
  const suspended: User = { ...user, status: 'suspended', suspendedAt: now };
  await state.put(userKey(userId), suspended);
  await writeAudit(invocation, {
    type: 'user.suspended',
    subject: userId,
    ...patientIfAny(user),
  });
  return suspended;
};

export const getUser: Rule<'registry:GetUser'> = ({ state }, { userId }) => userOf(state, userId);

function assertOwnCertificate({ caller }: Invocation, body: RegistrationBody): void {
  const mismatch = (['userId', 'mspId', 'role'] as const).find(
    (field) => body[field] !== caller[field],
  );
  if (mismatch === undefined) return;
  const problem = `another ${mismatch}`;
  throw new EmrError('CALLER_MISMATCH', { userId: body.userId, problem });
}

function sameRegistration(existing: User, body: RegistrationBody): User {
  const fields = ['mspId', 'role', 'verifyingKey', 'readerKey'] as const;
  if (fields.every((field) => existing[field] === body[field])) return existing;
  throw new EmrError('USER_EXISTS', { userId: body.userId });
}

/** For the audit entry of what concerns a patient. */
export function patientIfAny({ role, userId }: User): { patient?: string } {
  return role === 'patient' ? { patient: userId } : {};
}
