/**
 * The people of the scenarios: enrolled, with a keyring, connected.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import {
  connect,
  Keyring,
  type BlobStore,
  type EmrClient,
  type EmrError,
  type Identity,
  type Ledger,
} from '@emr-share/gateway-client';
import type { Role } from '@emr-share/model';
import type { Backend } from './backends.js';

/** What stands between a person and the network, for the tests that need something there. */
export interface Between {
  readonly ledger?: ((real: Ledger) => Ledger) | undefined;
  readonly blobs?: ((real: BlobStore) => BlobStore) | undefined;
  readonly onWarning?: ((warning: EmrError) => void) | undefined;
}

export interface Person {
  readonly client: EmrClient;
  readonly userId: string;
  readonly identity: Identity;
  readonly keyring: Keyring;
  /** A second device of the same person, or the same one after a crash. */
  again(between?: Between, keyring?: Keyring): Promise<EmrClient>;
}

/** Who joins; the user ID is `name` and some digits, so that stories share a network. */
interface Joining {
  readonly name: string;
  readonly mspId: string;
  readonly role: Role;
  readonly department?: string;
}

/** Enrols and connects somebody with keys of the own. */
export async function join(backend: Backend, person: Joining): Promise<Person> {
  const keyring = Keyring.random();
  return joinWith(backend, person, () => keyring);
}

/** Enrols and connects somebody with the keys of a keystore, as they are at each connection. */
export async function joinWith(
  backend: Backend,
  person: Joining,
  keys: () => Keyring,
): Promise<Person> {
  const { name, ...enrolment } = person;
  const userId = `${name}.${randomBytes(4).toString('hex')}`;
  const identity = await backend.enrol({ userId, ...enrolment });
  const again = (
    { ledger, blobs, onWarning }: Between = {},
    keyring = keys(),
  ): Promise<EmrClient> => {
    const real = backend.ledger(identity);
    return connect({
      ledger: ledger?.(real) ?? real,
      blobs: blobs?.(backend.blobs) ?? backend.blobs,
      keyring,
      onWarning,
    });
  };
  return { client: await again(), userId, identity, keyring: keys(), again };
}

/** A patient of the first hospital who has enrolled. */
export async function newPatient(backend: Backend, name = 'p.meier'): Promise<Person> {
  const patient = await join(backend, { name, mspId: 'HospAMSP', role: 'patient' });
  await patient.client.identity.enrolPatient();
  return patient;
}

/** A registered physician; by default of the second hospital's cardiology. */
export async function newPhysician(
  backend: Backend,
  { name = 'd.wong', mspId = 'HospBMSP', department = 'cardiology' } = {},
): Promise<Person> {
  const physician = await join(backend, { name, mspId, role: 'physician', department });
  await physician.client.identity.register({ role: 'physician' });
  return physician;
}

/** Somebody of any role, registered. */
export async function newcomer(
  backend: Backend,
  role: Role,
  { name, mspId, department }: { name: string; mspId: string; department?: string },
): Promise<Person> {
  const attributes = department === undefined ? {} : { department };
  const person = await join(backend, { name, mspId, role, ...attributes });
  await person.client.identity.register({ role });
  return person;
}
