/**
 * Contract `grants`: grants, their fragments, and their end.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { depositFragments } from './rules/deposit.js';
import { listOutdatedFragments, resealFragments } from './rules/fragment-custody.js';
import { createGrant, extendGrant, getGrant, listGrants } from './rules/grants.js';
import {
  closeGrant,
  getFragmentStatus,
  getReceipt,
  purgeFragments,
  revokeGrant,
} from './rules/revocation.js';

/** Requests, responses and who endorses: `TRANSACTIONS['grants:…']` of the model. */
@Info({ title: 'grants', description: 'Grants, their fragments, and their end' })
export class GrantsContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('grants', service);
  }

  /** Takes this organization's sealed fragments from the transient data into its private data. */
  @Transaction()
  @Returns('string')
  async DepositFragments(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:DepositFragments', request, depositFragments);
  }

  /** Puts a grant in force, once every custodian holds its fragments. */
  @Transaction()
  @Returns('string')
  async CreateGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:CreateGrant', request, createGrant);
  }

  /** Adds epochs of covered categories to a grant in force. */
  @Transaction()
  @Returns('string')
  async ExtendGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:ExtendGrant', request, extendGrant);
  }

  @Transaction(false)
  @Returns('string')
  async GetGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:GetGrant', request, getGrant);
  }

  @Transaction(false)
  @Returns('string')
  async ListGrants(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:ListGrants', request, listGrants);
  }

  /** Ends a grant. By the patient, or by the grantee who gives it up. */
  @Transaction()
  @Returns('string')
  async RevokeGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:RevokeGrant', request, revokeGrant);
  }

  /** Removes this organization's fragments of a grant that has ended. */
  @Transaction()
  @Returns('string')
  async PurgeFragments(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:PurgeFragments', request, purgeFragments);
  }

  @Transaction(false)
  @Returns('string')
  async GetFragmentStatus(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:GetFragmentStatus', request, getFragmentStatus);
  }

  /** What a rotation of the custodian key has still to do here. By an admin of the organization. */
  @Transaction(false)
  @Returns('string')
  async ListOutdatedFragments(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:ListOutdatedFragments', request, listOutdatedFragments);
  }

  /** Seals fragments of this organization to a newer custodian key of its. */
  @Transaction()
  @Returns('string')
  async ResealFragments(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:ResealFragments', request, resealFragments);
  }

  /** Proves on the ledger that a revoked grant has no fragment left anywhere. */
  @Transaction()
  @Returns('string')
  async CloseGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:CloseGrant', request, closeGrant);
  }

  @Transaction(false)
  @Returns('string')
  async GetReceipt(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'grants:GetReceipt', request, getReceipt);
  }
}
