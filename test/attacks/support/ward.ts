/**
 * The stage of attacks on emergency access, on either back end: a patient with a prescription, the
 * physician in front of the patient, and those who approve and review.
 *
 * @module
 */
import type { AudienceTicket, Category, SecurityLevel, TransactionRecord } from '@emr-share/model';
import { all } from '../../support/all.js';
import type { Backend } from '../../support/backends.js';
import { newcomer, newPatient, type Person } from '../../support/people.js';

export const CONTENT = 'warfarin 5 mg';

export interface Ward {
  readonly patient: Person;
  /** Of the second hospital; the one who declares. */
  readonly physician: Person;
  /** Of the same hospital, in the same role. */
  readonly colleague: Person;
  /** Of the third hospital, in the same role. */
  readonly consultant: Person;
  /** Privacy officer of the first hospital. */
  readonly officer: Person;
  readonly prescription: TransactionRecord;
}

/** Founds the ward, once for all tests of a file. */
export async function openWard(backend: Backend): Promise<Ward> {
  const [patient, physician, colleague, consultant, officer] = await Promise.all([
    newPatient(backend),
    newcomer(backend, 'emergency-physician', { mspId: 'HospBMSP', name: 'd.abara' }),
    newcomer(backend, 'emergency-physician', { mspId: 'HospBMSP', name: 'd.brandt' }),
    newcomer(backend, 'emergency-physician', { mspId: 'HospCMSP', name: 'd.chen' }),
    newcomer(backend, 'privacy-officer', { mspId: 'HospAMSP', name: 'o.adams' }),
  ]);
  const prescription = await file(patient, 'prescription');
  return { patient, physician, colleague, consultant, officer, prescription };
}

/** A record of the patient, by the patient. */
export async function file(
  { client, userId: patient }: Person,
  category: Category,
  { text = CONTENT, securityLevel }: { text?: string; securityLevel?: SecurityLevel } = {},
): Promise<TransactionRecord> {
  const options = { patient, category, contentType: 'text/plain', securityLevel };
  return (await client.records.upload(Buffer.from(text), options)).record;
}

/** An emergency of the ward's patient, declared and not approved. */
export function declare({ patient, physician }: Ward): Promise<AudienceTicket> {
  const reason = { code: 'life-threatening' } as const;
  return physician.client.emergency.declare({ patient: patient.userId, reason });
}

/** An open ticket of the ward's physician. */
export async function openTicket(ward: Ward): Promise<AudienceTicket> {
  const { ticketId } = await declare(ward);
  return ward.consultant.client.emergency.approve(ticketId);
}

/** What a reader gets to read by a ticket. */
export async function read(
  client: Person['client'],
  ticket: AudienceTicket | string,
): Promise<string[]> {
  const opened = await all(client.emergency.open(ticket));
  return Promise.all(opened.map(async (record) => Buffer.from(await record.bytes()).toString()));
}
