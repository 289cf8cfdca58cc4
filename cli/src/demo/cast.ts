/**
 * The people of the story, each with keys and a client of their own.
 *
 * @module
 */
import { connect, Keyring, type EmrClient, type Ledger } from '@emr-share/gateway-client';
import type { MspId, UserId } from '@emr-share/model';
import type { DemoBackend, DemoEnrolment } from './backend.js';
import { hospitalName } from './hospital-name.js';

/** One person. `ledger` and `keyring` serve to play foul; everybody else uses `client`. */
export interface Actor {
  readonly userId: UserId;
  readonly mspId: MspId;
  /** Name and place, for the narration. */
  readonly name: string;
  readonly client: EmrClient;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
}

export interface Cast {
  readonly patient: Actor;
  /** Treats the patient and files the records. */
  readonly doctor: Actor;
  /** Gets a grant. */
  readonly physician: Actor;
  /** Gets a grant for seconds. */
  readonly consultant: Actor;
  /** Holds a certificate, but never registers. */
  readonly stranger: Actor;
  /** Emergency physician who has never seen the patient. */
  readonly rescuer: Actor;
  /** Emergency physician at another hospital than the rescuer. */
  readonly colleague: Actor;
  /** Privacy officer at another hospital than the rescuer. */
  readonly officer: Actor;
}

async function actor(
  backend: DemoBackend,
  mspId: MspId,
  title: string,
  enrolment: DemoEnrolment,
): Promise<Actor> {
  const ledger = await backend.enrol(mspId, enrolment);
  const keyring = Keyring.random();
  const client = await connect({ ledger, blobs: backend.blobs, keyring });
  const name = `${title} (${hospitalName(mspId)})`;
  return { userId: enrolment.userId, mspId, name, client, ledger, keyring };
}

/** Enrols everybody with the CA of their hospital. Nobody is on the ledger yet. */
export async function assembleCast(backend: DemoBackend): Promise<Cast> {
  const [first, second, third] = backend.organizations;
  const physician = (name: UserId, department: string): DemoEnrolment => ({
    userId: backend.userId(name),
    role: 'physician',
    department,
  });
  const rescuer = (name: UserId): DemoEnrolment => ({
    userId: backend.userId(name),
    role: 'emergency-physician',
    department: 'emergency',
  });
  return {
    patient: await actor(backend, first, 'Ana, the patient', {
      userId: backend.userId('patient-7f3a'),
      role: 'patient',
    }),
    doctor: await actor(backend, first, 'Dr. Amari', physician('dr.amari', 'internal-medicine')),
    physician: await actor(backend, second, 'Dr. Weber', physician('dr.weber', 'cardiology')),
    consultant: await actor(backend, third, 'Dr. Costa', physician('dr.costa', 'radiology')),
    stranger: await actor(backend, third, 'Dr. Nemo', physician('dr.nemo', 'radiology')),
    rescuer: await actor(backend, second, 'Dr. Erika', rescuer('dr.erika')),
    colleague: await actor(backend, third, 'Dr. Frank', rescuer('dr.frank')),
    officer: await actor(backend, third, 'Ms. Okafor, privacy officer', {
      userId: backend.userId('officer.okafor'),
      role: 'privacy-officer',
    }),
  };
}
