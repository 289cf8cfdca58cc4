/**
 * Namespace `summary`: the few facts of a patient that matter in an emergency.
 *
 * @module
 */
import { EmrError, UserId, validate } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { allItems } from '../pages.js';
import type { CallOptions } from '../ports/ledger.js';
import type { Records } from '../records/records.js';
import { currentSummaries } from './current-summaries.js';
import { readSummary, type CurrentSummary, type ReadSummaryOptions } from './read-summary.js';
import { refreshSummary, type RefreshedSummary } from './refresh-summary.js';

/** Emergency summaries, one's own and those one may read. */
export class Summaries {
  readonly #context: ClientContext;
  readonly #records: Records;

  constructor(context: ClientContext, records: Records) {
    this.#context = context;
    this.#records = records;
  }

  /**
   * (Patient.) Opens all of the caller's own FHIR records, makes one whole summary of them, and files it
   * in the category `emergency-summary`; from then on readers open that one and what is filed later.
   * Sealed records, and those of categories that the policy closes, are left out. Changes nothing where
   * the last one says the same.
   *
   * Records that are no FHIR after all, or too large, are named to the warning listener.
   *
   * @throws EmrError `SUMMARY_NOT_FOUND` where there is no FHIR record; what the first record that cannot
   *   be opened fails with: nothing is filed then.
   */
  async refresh(options?: CallOptions): Promise<RefreshedSummary> {
    return refreshSummary(this.#context, this.#records, this.#context.signalOf(options));
  }

  /**
   * A patient's summary as it stands: the patient's whole one with every update since, merged. Each
   * record of it is opened as `records.fetch` does, so that every reader's access is in the patient's log.
   *
   * @throws EmrError `SUMMARY_NOT_FOUND` where the caller sees none; the codes of `records.fetch` where
   *   none can be opened.
   */
  async of(patient: UserId, options: ReadSummaryOptions = {}): Promise<CurrentSummary> {
    const signal = this.#context.signalOf(options);
    const userId = validate(UserId, patient, 'the patient');
    const listed = this.#records.list({ patient: userId, category: 'emergency-summary', signal });
    const chosen = currentSummaries(await allItems(listed));
    if (chosen.length === 0) throw new EmrError('SUMMARY_NOT_FOUND', { patient: userId });
    return readSummary(this.#context, this.#records, chosen, { ...options, signal });
  }
}
