/**
 * Namespace `audit`: who read what, when and why.
 *
 * @module
 */
import { UserId, validate, type AuditEntry, type UnixMillis } from '@emr-share/model';
import type { ClientContext } from './client-context.js';
import { overPages } from './pages.js';
import type { CallOptions, EventOptions, LedgerEvent } from './ports/ledger.js';

export interface LogOptions extends CallOptions {
  /** Whose log; default the caller's own. Auditors may read any. */
  readonly patient?: UserId | undefined;
  /** First moment. */
  readonly since?: UnixMillis | undefined;
  /** Last moment. */
  readonly until?: UnixMillis | undefined;
}

/** The audit trail. */
export class Audit {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * The entries that concern a patient, oldest first: registrations, records, grants, and every
   * access with its reader and purpose of use. One peer's answer: to be certain that none is left
   * out, compare with another organization's.
   */
  async *log(options: LogOptions = {}): AsyncGenerator<AuditEntry, void, void> {
    const { ledger, userId } = this.#context;
    const signal = this.#context.signalOf(options);
    const patient = validate(UserId, options.patient ?? userId, 'the patient');
    const range = { patient, since: options.since, until: options.until };
    yield* overPages(async (bookmark) => {
      const page = await ledger.evaluate('audit:ListEntries', { ...range, bookmark }, { signal });
      return { items: page.entries, bookmark: page.bookmark };
    });
  }

  /**
   * Committed transactions as they come, each once and in order, until the signal aborts. With
   * `after`, what was committed since that checkpoint comes first; keep the checkpoint of the last
   * event that was dealt with.
   */
  events(options: EventOptions = {}): AsyncIterable<LedgerEvent> {
    const signal = this.#context.signalOf(options);
    return this.#context.ledger.events({ after: options.after, signal });
  }
}
