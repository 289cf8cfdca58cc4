/**
 * Emergencies as they happen, for the patient's devices and for privacy officers.
 *
 * @module
 */
import type { UserId } from '@emr-share/model';
import type { EventOptions, LedgerEvent } from '../ports/ledger.js';

export interface WatchOptions extends EventOptions {
  /** Only emergencies of this patient; default all. */
  readonly patient?: UserId | undefined;
}

/** The events of emergencies among all events. */
export async function* emergenciesAmong(
  events: AsyncIterable<LedgerEvent>,
  patient: UserId | undefined,
): AsyncGenerator<LedgerEvent, void, void> {
  for await (const event of events) {
    const { type, patient: of } = event.entry;
    if (type.startsWith('emergency.') && (patient === undefined || of === patient)) yield event;
  }
}
