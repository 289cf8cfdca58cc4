/**
 * Contract `recovery`: plans for a lost keyring, and recovering by them.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { depositRecoveryShare, purgeRecoveryShare } from './rules/recovery-deposit.js';
import { createPlan, getPlan, listWards } from './rules/recovery-plans.js';
import {
  listOutdatedRecoveryShares,
  releaseShare,
  resealRecoveryShares,
} from './rules/recovery-release.js';
import {
  approveRecovery,
  completeRecovery,
  getRecovery,
  listRecoveries,
  requestRecovery,
  vetoRecovery,
} from './rules/recovery-requests.js';

/** Requests, responses and who endorses: `TRANSACTIONS['recovery:…']` of the model. */
@Info({ title: 'recovery', description: 'Plans for a lost keyring, and recovering by them' })
export class RecoveryContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('recovery', service);
  }

  /** Takes this organization's sealed share from the transient data into its private data. */
  @Transaction()
  @Returns('string')
  async DepositShare(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:DepositShare', request, depositRecoveryShare);
  }

  /** Puts a plan in force, once every organization in it holds its share. Replaces the former one. */
  @Transaction()
  @Returns('string')
  async CreatePlan(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:CreatePlan', request, createPlan);
  }

  /** Removes this organization's share of a plan that was replaced. */
  @Transaction()
  @Returns('string')
  async PurgeShare(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:PurgeShare', request, purgeRecoveryShare);
  }

  @Transaction(false)
  @Returns('string')
  async GetPlan(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:GetPlan', request, getPlan);
  }

  @Transaction(false)
  @Returns('string')
  async ListWards(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:ListWards', request, listWards);
  }

  /** Begins the waiting time. By the patient's certificate alone. */
  @Transaction()
  @Returns('string')
  async Request(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:Request', request, requestRecovery);
  }

  /** A custodian's consent. By an officer or admin of an organization, or by a guardian. */
  @Transaction()
  @Returns('string')
  async Approve(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:Approve', request, approveRecovery);
  }

  /** Ends a request. By the signature of a surviving device. */
  @Transaction()
  @Returns('string')
  async Veto(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:Veto', request, vetoRecovery);
  }

  /** Ends a request. By the signature of the device that has the keys again. */
  @Transaction()
  @Returns('string')
  async Complete(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:Complete', request, completeRecovery);
  }

  @Transaction(false)
  @Returns('string')
  async GetRequest(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:GetRequest', request, getRecovery);
  }

  @Transaction(false)
  @Returns('string')
  async ListRequests(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:ListRequests', request, listRecoveries);
  }

  /** This organization's share for the device of an approved request. A query: it writes nothing. */
  @Transaction(false)
  @Returns('string')
  async Release(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:Release', request, releaseShare);
  }

  /** What a rotation of the custodian key has still to do here. By an admin of the organization. */
  @Transaction(false)
  @Returns('string')
  async ListOutdatedShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:ListOutdatedShares', request, listOutdatedRecoveryShares);
  }

  /** Seals shares of this organization to a newer custodian key of its. */
  @Transaction()
  @Returns('string')
  async ResealShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'recovery:ResealShares', request, resealRecoveryShares);
  }
}
