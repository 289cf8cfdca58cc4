/**
 * The people of a drill: one patient and one physician at each hospital, made anew for each drill.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { connect, type EmrClient, Keyring, type Ledger } from '@emr-share/gateway-client';
import type { Category, EmrError, MspId, Role, UserId } from '@emr-share/model';
import type { CommitLog } from './commit-log.js';
import type { Stage } from './stage.js';

export interface Person {
  readonly userId: UserId;
  readonly mspId: MspId;
  readonly client: EmrClient;
}

export type Patient = Person;

export interface Physician extends Person {
  /** What this physician is granted, so that one grant's end does not touch another's scope. */
  readonly category: Category;
  /** What the client warned of: custodians that failed or lied. */
  readonly warnings: EmrError[];
}

export interface Cast {
  readonly patients: readonly Patient[];
  readonly physicians: readonly Physician[];
}

const CATEGORIES: readonly [Category, ...Category[]] = [
  'medical-information',
  'prescription',
  'clinical-observation',
  'medicine',
  'medical-imaging',
];

/** Enrols and connects somebody. The user ID is new each time, so that drills share a network. */
export async function join(
  stage: Stage,
  between: (ledger: Ledger) => Ledger,
  { name, mspId, role }: { name: string; mspId: MspId; role: Role },
  signal: AbortSignal,
): Promise<Person & { warnings: EmrError[] }> {
  const userId = `drill.${name}.${randomBytes(5).toString('hex')}`;
  const identity = await stage.enrol(mspId, { userId, role });
  const warnings: EmrError[] = [];
  const client = await connect({
    ledger: between(stage.ledger(identity)),
    blobs: stage.blobs,
    keyring: Keyring.random(),
    signal,
    onWarning: (warning) => warnings.push(warning),
  });
  return { userId, mspId, client, warnings };
}

/** Enrols and registers everybody; a second or two. They stay registered at the network. */
export async function assemble(
  stage: Stage,
  log: CommitLog,
  organizations: readonly MspId[],
  signal: AbortSignal,
): Promise<Cast> {
  const watched = (ledger: Ledger): Ledger => log.watch(ledger);
  const patients = organizations.map(async (mspId) => {
    const patient = await join(stage, watched, { name: 'patient', mspId, role: 'patient' }, signal);
    await patient.client.identity.enrolPatient({ signal });
    return patient;
  });
  const physicians = organizations.map(async (mspId, i) => {
    const person = await join(
      stage,
      watched,
      { name: 'physician', mspId, role: 'physician' },
      signal,
    );
    await person.client.identity.register({ role: 'physician', signal });
    return { ...person, category: CATEGORIES[i % CATEGORIES.length] ?? CATEGORIES[0] };
  });
  return {
    patients: await Promise.all(patients),
    physicians: await Promise.all(physicians),
  };
}

/** Ends what the clients have under way. */
export async function dismiss({ patients, physicians }: Cast): Promise<void> {
  await Promise.all([...patients, ...physicians].map(({ client }) => client.close()));
}
