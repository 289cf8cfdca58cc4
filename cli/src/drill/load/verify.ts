/**
 * After a drill: whether everything that was acknowledged is there, and in force.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import type { Book, FiledRecord, GivenGrant, Loss } from './book.js';
import type { Cast, Patient } from './cast.js';
import { sha256 } from './load.js';

/** Calls under way at once. */
const LANES = 6;

function problemOf(error: unknown): string {
  return EmrError.is(error) ? error.code : String(error);
}

async function inLanes<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

class Verification {
  readonly losses: Loss[] = [];
  readonly #book: Book;
  readonly #signal: AbortSignal;

  constructor(book: Book, signal: AbortSignal) {
    this.#book = book;
    this.#signal = signal;
  }

  async listing(patient: Patient): Promise<void> {
    const { client, userId } = patient;
    const listed = new Set<string>();
    try {
      for await (const { recordId } of client.records.list({ signal: this.#signal })) {
        listed.add(recordId);
      }
    } catch (error) {
      this.#lose('record', `all of ${userId}`, error);
      return;
    }
    for (const { recordId } of this.#book.records.filter((record) => record.patient === patient)) {
      if (!listed.has(recordId)) this.#lose('record', recordId, 'it is not listed');
    }
  }

  /** The patient opens it with a key of the patient's own. */
  async record({ recordId, patient, sha256: filed }: FiledRecord): Promise<void> {
    try {
      const fetched = await patient.client.records.fetch(recordId, { signal: this.#signal });
      if (sha256(await fetched.bytes()) !== filed) this.#lose('content', recordId, 'another one');
    } catch (error) {
      this.#lose('record', recordId, error);
    }
  }

  async grant(grant: GivenGrant): Promise<void> {
    if (grant.state === 'active') await this.#isInForce(grant);
    else if (grant.state === 'revoked') await this.#isOver(grant);
  }

  /** The ledger has it, and the grantee reads with it. */
  async #isInForce(grant: GivenGrant): Promise<void> {
    const { grantId, patient, grantee } = grant;
    const signal = this.#signal;
    try {
      const { status } = await patient.client.grants.get(grantId, { signal });
      if (status.state !== 'active') this.#lose('grant', grantId, `it is ${status.state}`);
      const record = this.#book.recordsUnder(grant).at(-1);
      if (record === undefined) return;
      const options = { purpose: 'TREAT', grantId, signal } as const;
      const fetched = await grantee.client.records.fetch(record.recordId, options);
      if (sha256(await fetched.bytes()) !== record.sha256) {
        this.#lose('content', record.recordId, 'another one');
      }
    } catch (error) {
      this.#lose('grant', grantId, error);
    }
  }

  /** There is a receipt, and the grantee is refused. */
  async #isOver(grant: GivenGrant): Promise<void> {
    const { grantId, patient, grantee } = grant;
    const signal = this.#signal;
    try {
      await patient.client.grants.receipt(grantId, { signal });
      const record = this.#book.recordsUnder(grant).at(0);
      if (record === undefined) return;
      const options = { purpose: 'TREAT', grantId, signal } as const;
      await grantee.client.records.fetch(record.recordId, options);
      this.#lose('revocation', grantId, 'the grantee reads on');
    } catch (error) {
      if (!EmrError.is(error, 'GRANT_REVOKED')) this.#lose('revocation', grantId, error);
    }
  }

  #lose(what: Loss['what'], id: string, problem: unknown): void {
    this.#signal.throwIfAborted();
    this.losses.push({ what, id, problem: problemOf(problem) });
  }
}

/**
 * Looks for what was acknowledged: every record listed, fetched and byte-identical; every grant in
 * force, its grantee reading with it; every revocation with its receipt, its grantee refused.
 *
 * @returns what is not so, with what was seen amiss while the load ran
 */
export async function findLosses(
  { patients }: Cast,
  book: Book,
  signal: AbortSignal,
): Promise<readonly Loss[]> {
  const verification = new Verification(book, signal);
  await inLanes(patients, (patient) => verification.listing(patient));
  await inLanes(book.records, (record) => verification.record(record));
  await inLanes(book.grants, (grant) => verification.grant(grant));
  return [...book.losses, ...verification.losses];
}
