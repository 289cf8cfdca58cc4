/**
 * People of an organization at its CA.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { makeCertificateRequest } from '../ca/certificate-request.js';
import type { Credentials } from '../ca/ca-client.js';
import type { Enroller } from '../ca/enrol.js';
import { openEnroller } from '../ca/open-enroller.js';
import { NetworkError } from '../errors.js';
import { openNetwork } from '../up/open-network.js';

const SECRET_BYTES = 24;

/** Whom to register: the certificate's attributes are `emr.user` (the ID), `role`, `department`. */
export interface UserRegistration {
  userId: string;
  role: string;
  department?: string | undefined;
}

/** What the user needs to enrol, once, on the user's own device. */
export interface EnrolmentTicket {
  userId: string;
  mspId: string;
  /** Good for one enrolment. */
  enrolmentSecret: string;
}

/** @throws {@link NetworkError} ORGANIZATION_UNKNOWN */
async function enrollerAt(
  dir: string,
  organization: string,
  signal?: AbortSignal,
): Promise<{ enroller: Enroller; mspId: string }> {
  const { topology, paths } = await openNetwork(dir);
  const found = topology.organizations.find(
    ({ name, mspId }) => name === organization || mspId === organization,
  );
  if (found === undefined) {
    const known = topology.organizations.map(({ name }) => name).join(', ');
    throw new NetworkError('ORGANIZATION_UNKNOWN', { organization, known });
  }
  const enroller = await openEnroller(found, paths.organization(found.name), signal);
  return { enroller, mspId: found.mspId };
}

async function register(
  enroller: Enroller,
  user: UserRegistration,
  limit: { maxEnrolments?: number } = {},
): Promise<string> {
  const { userId, role, department } = user;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const values = {
    'emr.user': userId,
    role,
    ...(department === undefined ? {} : { department }),
  };
  const attributes = Object.entries(values).map(([name, value]) => ({ name, value, ecert: true }));
  await enroller.ca.register(enroller.registrar.ca, {
    id: userId,
    type: 'client',
    secret,
    attributes,
    ...limit,
  });
  return secret;
}

/**
 * Makes a user known to the organization's CA. The user enrols with the secret from the user's own
 * device, where the private key stays.
 *
 * @param organization - its name in the topology, or its MSP ID
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, ORGANIZATION_UNKNOWN, CA_REFUSED, REQUEST_FAILED
 */
export async function registerUser(
  dir: string,
  organization: string,
  user: UserRegistration,
  signal?: AbortSignal,
): Promise<EnrolmentTicket> {
  const { enroller, mspId } = await enrollerAt(dir, organization, signal);
  return {
    userId: user.userId,
    mspId,
    enrolmentSecret: await register(enroller, user, { maxEnrolments: 1 }),
  };
}

/**
 * Registers a user and enrols at once with a key made here: for tests, and for services on the
 * administrator's own machine.
 *
 * @throws {@link NetworkError} as {@link registerUser}
 */
export async function enrolUser(
  dir: string,
  organization: string,
  user: UserRegistration,
  signal?: AbortSignal,
): Promise<Credentials & { mspId: string }> {
  const { enroller, mspId } = await enrollerAt(dir, organization, signal);
  const secret = await register(enroller, user);
  const { csr, key } = await makeCertificateRequest(user.userId, []);
  return { mspId, certificate: await enroller.ca.enroll(user.userId, secret, csr), key };
}
