/**
 * A hospital's own master patient index: from what is known of a person in front of one to the
 * pseudonymous ID. It is kept at the hospital; nothing of it is for the ledger, logs or errors.
 *
 * @module
 */
import type { UserId } from '@emr-share/model';
import type { IndexedPatient, PatientQuery } from '../patients/indexed-patient.js';

export interface PatientIndexOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PatientIndex {
  /**
   * Adds patients, and replaces those that are there: all of them, durably, or none.
   *
   * @throws EmrError `INPUT_INVALID`, also where one is named twice.
   */
  put(patients: readonly IndexedPatient[], options?: PatientIndexOptions): Promise<void>;

  /** The patients that fit, in the order of their IDs. Throws `INPUT_INVALID`. */
  find(query: PatientQuery, options?: PatientIndexOptions): Promise<readonly IndexedPatient[]>;

  /** Forgets a patient. @returns whether there was one. */
  remove(patient: UserId, options?: PatientIndexOptions): Promise<boolean>;
}
