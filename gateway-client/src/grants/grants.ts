/**
 * Namespace `grants`: a patient decides who may read what, for which purpose, and for how long.
 *
 * @module
 */
import { GrantId, validate, type Grant, type RevocationReceipt } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';
import type { CallOptions } from '../ports/ledger.js';
import { createGrant, type CreateGrantOptions } from './create-grant.js';
import { endGrant, revokeGrant } from './revoke-grant.js';

export interface ListGrantsOptions extends CallOptions {
  /** `patient`: grants that the caller gave (default); `grantee`: grants that the caller has. */
  readonly as?: 'patient' | 'grantee' | undefined;
}

export interface RevokeOptions extends CallOptions {
  /**
   * Whether a new epoch begins in the categories of the grant, so that no fragment that a custodian
   * might have kept opens what is filed from now on. Other grants go on. Default true.
   */
  readonly rollEpoch?: boolean | undefined;
}

/** The grants of one user, given and received. */
export class Grants {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * Grants one user access: splits a re-encryption key for each scope, deposits one sealed fragment
   * with each custodian, and then puts the signed grant on the ledger. Until that last step nobody
   * can use the fragments.
   *
   * With `categories` the grant opens what is filed in them from now on and, unless `includeEarlier`
   * is false, what was filed before; with `recordId`, that one record. Calling again with the same
   * `grantId` finishes a call that was cut off, or returns the grant.
   *
   * @throws EmrError `GRANT_REFUSED` where the patient's own policy or the grantee rules it out;
   *   `GRANT_EXISTS` for other terms under the same ID; `USER_NOT_FOUND`; `INPUT_INVALID`.
   */
  async create(options: CreateGrantOptions): Promise<Grant> {
    return createGrant(this.#context, options);
  }

  /** One grant, for its two parties and auditors. Throws `GRANT_NOT_FOUND`, `ROLE_DENIED`. */
  async get(grantId: GrantId, options?: CallOptions): Promise<Grant> {
    const request = { grantId: validate(GrantId, grantId, 'the grant ID') };
    const signal = this.#context.signalOf(options);
    return this.#context.ledger.evaluate('grants:GetGrant', request, { signal });
  }

  /** All grants given or received, in any state. */
  async *list(options: ListGrantsOptions = {}): AsyncGenerator<Grant, void, void> {
    const { ledger } = this.#context;
    const signal = this.#context.signalOf(options);
    const as = options.as ?? 'patient';
    yield* overPages(async (bookmark) => {
      const page = await ledger.evaluate('grants:ListGrants', { as, bookmark }, { signal });
      return { items: page.grants, bookmark: page.bookmark };
    });
  }

  /**
   * (Patient.) Ends a grant, has every custodian purge its fragments, starts a new epoch, and closes
   * the grant with a receipt. From the first step on nobody gets access under it. It cannot unread:
   * what the grantee has fetched stays fetched.
   *
   * Calling again finishes what is missing, and returns the receipt once there is one.
   *
   * @throws EmrError what a custodian failed with: the grant is revoked then, and not yet purged there.
   */
  async revoke(grantId: GrantId, options: RevokeOptions = {}): Promise<RevocationReceipt> {
    const { rollEpoch = true } = options;
    const signal = this.#context.signalOf(options);
    const id = validate(GrantId, grantId, 'the grant ID');
    return revokeGrant(this.#context, id, { rollEpoch, signal });
  }

  /** (Grantee.) Gives a grant up. Purging its fragments stays with the patient and the custodians. */
  async renounce(grantId: GrantId, options?: CallOptions): Promise<Grant> {
    const id = validate(GrantId, grantId, 'the grant ID');
    return endGrant(this.#context, id, this.#context.signalOf(options));
  }

  /** The proof that a revoked grant's fragments are gone everywhere. Throws `RECEIPT_NOT_FOUND`. */
  async receipt(grantId: GrantId, options?: CallOptions): Promise<RevocationReceipt> {
    const request = { grantId: validate(GrantId, grantId, 'the grant ID') };
    const signal = this.#context.signalOf(options);
    return this.#context.ledger.evaluate('grants:GetReceipt', request, { signal });
  }
}
