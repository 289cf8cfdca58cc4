/**
 * The load: patients who publish their policies anew, each as fast as the ledger answers. Every
 * transaction is one of the contract's own, endorsed by two organizations and signed by its patient.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Keyring, signedRegistration, type Ledger } from '@emr-share/gateway-client';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { EmrError, type MspId } from '@emr-share/model';
import type { Journal } from './journal.js';

/** A registered patient with a connection of its own. */
export interface Patient {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
}

const RETRY_AFTER_MS = 250;
const DAY_MS = 86_400_000;

async function newPatient(
  consortium: FabricConsortium,
  mspId: MspId,
  index: number,
): Promise<Patient> {
  const userId = `patient-${mspId.toLowerCase()}-${index}`;
  const ledger = consortium.ledger(await consortium.enrol(mspId, { userId, role: 'patient' }));
  const keyring = Keyring.random();
  const facts = { userId, mspId, role: 'patient', registeredAt: Date.now() } as const;
  await ledger.submit('registry:RegisterUser', signedRegistration(keyring, facts));
  return { ledger, keyring };
}

/** Enrols and registers patients of a hospital. */
export async function newPatients(
  consortium: FabricConsortium,
  mspId: MspId,
  count: number,
): Promise<Patient[]> {
  const patients: Patient[] = [];
  for (let i = 0; i < count; i++) patients.push(await newPatient(consortium, mspId, i));
  return patients;
}

async function publish(
  { ledger, keyring }: Patient,
  version: number,
  journal: Journal,
): Promise<void> {
  const body = {
    patient: ledger.userId,
    version,
    purposes: ['TREAT' as const],
    maxGrantMs: DAY_MS,
    ticketMs: 60_000,
    closedCategories: [],
    publishedAt: Date.now(),
  };
  const submittedMs = journal.now();
  const policy = { body, signature: keyring.sign('policy', body) };
  const { transactionId, blockNumber } = await ledger.submit('registry:PublishPolicy', policy);
  const acknowledgedMs = journal.now();
  journal.acknowledged.push({ transactionId, block: blockNumber, submittedMs, acknowledgedMs });
}

async function currentVersion({ ledger }: Patient): Promise<number> {
  try {
    const { body } = await ledger.evaluate('registry:GetPolicy', { patient: ledger.userId });
    return body.version;
  } catch (error) {
    if (EmrError.is(error, 'POLICY_NOT_FOUND')) return 0;
    throw error;
  }
}

function note(journal: Journal, atMs: number, error: unknown): void {
  const code = EmrError.is(error) ? error.code : 'UNEXPECTED';
  const problem = error instanceof Error ? error.message : String(error);
  journal.unanswered.push({ atMs, afterMs: journal.now() - atMs, code, problem });
}

async function work(
  patient: Patient,
  journal: Journal,
  pauseMs: number,
  ending: AbortSignal,
): Promise<void> {
  let version: number | null = 0;
  while (!ending.aborted) {
    const startedMs = journal.now();
    try {
      version ??= await currentVersion(patient);
      await publish(patient, version + 1, journal);
      version += 1;
    } catch (error) {
      note(journal, startedMs, error);
      version = null; // the policy may be committed all the same
      await delay(RETRY_AFTER_MS);
    }
    const restMs = pauseMs - (journal.now() - startedMs);
    if (restMs > 0) await delay(restMs, undefined, { signal: ending }).catch(() => undefined);
  }
}

/**
 * Runs the load until `ending` aborts and the calls under way have ended.
 *
 * @param rate - transactions a second, of all patients together; left out: as many as there can be
 */
export async function runWorkload(
  patients: readonly Patient[],
  journal: Journal,
  { rate, ending }: { rate?: number | undefined; ending: AbortSignal },
): Promise<void> {
  const pauseMs = rate === undefined ? 0 : (1000 * patients.length) / rate;
  await Promise.all(patients.map((patient) => work(patient, journal, pauseMs, ending)));
}
