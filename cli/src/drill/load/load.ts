/**
 * The load that runs while something breaks: physicians file and fetch, patients grant and revoke,
 * each at a moderate pace. What fails is made again, with the same ID, until it is acknowledged.
 *
 * @module
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EmrError, type ErrorCode } from '@emr-share/model';
import type { Book, FiledRecord, GivenGrant } from './book.js';
import type { Cast, Patient, Physician } from './cast.js';

const GRANT_MS = 3_600_000;
const MAX_CONTENT_BYTES = 48 * 1024;
/** Longest pause before the next deed; the shortest one is half of it. */
const PACE_MS = { file: 400, fetch: 500, grant: 1_200 } as const;
const RETRY_PAUSE_MS = 300;
/** What calls under way may still take once the load shall end. */
const FINISH_LIMIT_MS = 60_000;

/** Why a fetch may be refused because the patient is just about to end the grant. */
const ENDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GRANT_REVOKED',
  'ACCESS_DENIED',
  'CFRAGS_INSUFFICIENT',
  'FRAGMENT_MISSING',
]);

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const newId = (): string => randomBytes(16).toString('hex');

function oneOf<T>(items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[randomInt(items.length)];
}

export class Load {
  readonly #cast: Cast;
  readonly #book: Book;
  /** Ends the pauses: nothing new is begun. */
  readonly #ending = new AbortController();
  /** Ends the calls. */
  readonly #signal: AbortSignal;
  readonly #aborting = new AbortController();
  #workers: Promise<void>[] = [];

  constructor(cast: Cast, book: Book, signal: AbortSignal) {
    this.#cast = cast;
    this.#book = book;
    this.#signal = AbortSignal.any([signal, this.#aborting.signal]);
  }

  /** Begins; returns once every physician has filed something for every patient. */
  async start(): Promise<void> {
    const { patients, physicians } = this.#cast;
    await Promise.all(
      physicians.flatMap((physician) => patients.map((patient) => this.#file(physician, patient))),
    );
    this.#workers = [
      ...physicians.map((physician) =>
        this.#repeat(PACE_MS.file, () => this.#file(physician, oneOf(patients))),
      ),
      ...physicians.map((physician) => this.#repeat(PACE_MS.fetch, () => this.#fetch(physician))),
      ...patients.map((patient) => this.#repeat(PACE_MS.grant, () => this.#decide(patient))),
    ];
  }

  /** Lets everybody finish what is under way; after a minute it is cut off. */
  async stop(): Promise<void> {
    this.#ending.abort();
    const limit = setTimeout(() => {
      this.#aborting.abort(new DOMException('the load has ended', 'AbortError'));
    }, FINISH_LIMIT_MS);
    try {
      await Promise.all(this.#workers);
    } finally {
      clearTimeout(limit);
    }
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted || this.#signal.aborted;
  }

  async #repeat(paceMs: number, deed: () => Promise<void>): Promise<void> {
    const ending = AbortSignal.any([this.#ending.signal, this.#signal]);
    while (!this.#isEnding) {
      await deed();
      const pauseMs = paceMs / 2 + randomInt(paceMs / 2);
      await delay(pauseMs, undefined, { signal: ending }).catch(() => undefined);
    }
  }

  /** Makes a call until it succeeds or is cut off. @returns whether it succeeded */
  async #insist(call: () => Promise<void>): Promise<boolean> {
    while (!this.#signal.aborted) {
      try {
        await call();
        return true;
      } catch (error) {
        this.#fail(error);
      }
      await delay(RETRY_PAUSE_MS, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    return false;
  }

  /** What fails because the load ends is nobody's failure. */
  #fail(error: unknown): void {
    if (!this.#signal.aborted) this.#book.fail(error);
  }

  async #file({ client }: Physician, patient: Patient | undefined): Promise<void> {
    const physician = oneOf(this.#cast.physicians);
    if (patient === undefined || physician === undefined) return;
    const { category } = physician;
    const content = randomBytes(1 + randomInt(MAX_CONTENT_BYTES));
    const recordId = newId();
    const terms = { patient: patient.userId, category, contentType: 'application/octet-stream' };
    const isFiled = await this.#insist(async () => {
      await client.records.upload(content, { ...terms, recordId, signal: this.#signal });
    });
    if (isFiled) this.#book.records.push({ recordId, patient, category, sha256: sha256(content) });
  }

  /** A patient grants what is not granted, or ends a grant. */
  async #decide(patient: Patient): Promise<void> {
    const grantee = oneOf(this.#cast.physicians);
    if (grantee === undefined) return;
    const given = this.#book.activeGrantsOf(grantee).find((grant) => grant.patient === patient);
    await (given === undefined ? this.#grant(patient, grantee) : this.#revoke(given));
  }

  async #grant(patient: Patient, grantee: Physician): Promise<void> {
    const grantId = newId();
    const { category } = grantee;
    const terms = {
      grantee: grantee.userId,
      categories: [category],
      purposes: ['TREAT'] as const,
      durationMs: GRANT_MS,
    };
    const isGiven = await this.#insist(async () => {
      await patient.client.grants.create({ ...terms, grantId, signal: this.#signal });
    });
    if (isGiven) this.#book.grants.push({ grantId, patient, grantee, category, state: 'active' });
  }

  async #revoke(grant: GivenGrant): Promise<void> {
    grant.state = 'ending';
    grant.recordsAtEnd = this.#book.records.length;
    const isRevoked = await this.#insist(async () => {
      await grant.patient.client.grants.revoke(grant.grantId, { signal: this.#signal });
    });
    if (isRevoked) grant.state = 'revoked';
  }

  async #fetch(physician: Physician): Promise<void> {
    const grant = oneOf(this.#book.activeGrantsOf(physician));
    const record = grant === undefined ? undefined : oneOf(this.#book.recordsUnder(grant));
    if (grant === undefined || record === undefined) return;
    try {
      await this.#read(physician, grant, record);
    } catch (error) {
      const isEnded = EmrError.is(error) && ENDED.has(error.code) && grant.state !== 'active';
      if (!isEnded && !this.#signal.aborted) this.#book.fail(error);
    }
  }

  async #read({ client }: Physician, grant: GivenGrant, record: FiledRecord): Promise<void> {
    const { recordId } = record;
    const options = { purpose: 'TREAT', grantId: grant.grantId, signal: this.#signal } as const;
    const fetched = await client.records.fetch(recordId, options);
    const content = await fetched.bytes();
    if (sha256(content) === record.sha256) this.#book.fetched += 1;
    else this.#book.losses.push({ what: 'content', id: recordId, problem: 'it is another one' });
  }
}
