/**
 * The book of a drill: all that was acknowledged to its people, and so must not be lost.
 *
 * @module
 */
import type { Category, ErrorCode, GrantId, RecordId } from '@emr-share/model';
import { EmrError } from '@emr-share/model';
import type { Patient, Physician } from './cast.js';

/** A record whose upload was acknowledged. */
export interface FiledRecord {
  readonly recordId: RecordId;
  readonly patient: Patient;
  readonly category: Category;
  /** SHA-256 of the plaintext, hex. */
  readonly sha256: string;
}

/** A grant whose creation was acknowledged. */
export interface GivenGrant {
  readonly grantId: GrantId;
  readonly patient: Patient;
  readonly grantee: Physician;
  readonly category: Category;
  /** `ending`: its revocation was begun, and not acknowledged yet. */
  state: 'active' | 'ending' | 'revoked';
  /** How many records had been acknowledged when its revocation was begun. */
  recordsAtEnd?: number;
}

/** Something acknowledged that is not there or not as it was, or something there that must not be. */
export interface Loss {
  readonly what: 'record' | 'grant' | 'revocation' | 'content' | 'forgery';
  readonly id: string;
  readonly problem: string;
}

export class Book {
  readonly records: FiledRecord[] = [];
  readonly grants: GivenGrant[] = [];
  readonly losses: Loss[] = [];
  /** Fetches whose content was the one filed. */
  fetched = 0;
  readonly #failures = new Map<ErrorCode | 'OTHER', number>();

  get revocations(): number {
    return this.grants.filter(({ state }) => state === 'revoked').length;
  }

  /** Records, grants and revocations. */
  get acknowledged(): number {
    return this.records.length + this.grants.length + this.revocations;
  }

  /** Notes a call that ended in an error; its caller makes it again. */
  fail(error: unknown): void {
    const code = EmrError.is(error) ? error.code : 'OTHER';
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  get failed(): number {
    return [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Code → how many calls failed with it. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  activeGrantsOf(grantee: Physician): readonly GivenGrant[] {
    return this.grants.filter((grant) => grant.grantee === grantee && grant.state === 'active');
  }

  /** What the grant opens, or opened until its end. */
  recordsUnder({ patient, category, recordsAtEnd }: GivenGrant): readonly FiledRecord[] {
    return this.records
      .slice(0, recordsAtEnd)
      .filter((record) => record.patient === patient && record.category === category);
  }
}
