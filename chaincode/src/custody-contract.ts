/**
 * Contract `custody`: rosters of custodians, and the handing on of shares to them.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { deal, depositDealings, prepareDealings } from './rules/dealings.js';
import { listTasks } from './rules/refresh-tasks.js';
import { activateShares, combineShares, purgeFormerShares } from './rules/refresh.js';
import { getRoster, listRosters, supportRoster } from './rules/rosters.js';

/** Requests, responses and who endorses: `TRANSACTIONS['custody:…']` of the model. */
@Info({ title: 'custody', description: 'Rosters of custodians, and handing shares on to them' })
export class CustodyContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('custody', service);
  }

  /** By an admin, for the own organization; a majority puts the roster in force. */
  @Transaction()
  @Returns('string')
  async SupportRoster(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:SupportRoster', request, supportRoster);
  }

  @Transaction(false)
  @Returns('string')
  async GetRoster(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:GetRoster', request, getRoster);
  }

  @Transaction(false)
  @Returns('string')
  async ListRosters(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:ListRosters', request, listRosters);
  }

  @Transaction(false)
  @Returns('string')
  async ListTasks(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:ListTasks', request, listTasks);
  }

  /** This organization's shares, dealt out and sealed. A query: it writes nothing. */
  @Transaction(false)
  @Returns('string')
  async PrepareDealings(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:PrepareDealings', request, prepareDealings);
  }

  /** Takes what was dealt to this organization from the transient data into its private data. */
  @Transaction()
  @Returns('string')
  async DepositDealings(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:DepositDealings', request, depositDealings);
  }

  /** Makes dealings known, once every custodian of the roster holds its part. */
  @Transaction()
  @Returns('string')
  async Deal(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:Deal', request, deal);
  }

  /** Makes this organization's new shares of what was dealt to it. */
  @Transaction()
  @Returns('string')
  async CombineShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:CombineShares', request, combineShares);
  }

  /** Puts new sharings in force, once every custodian of the roster holds its share. */
  @Transaction()
  @Returns('string')
  async ActivateShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:ActivateShares', request, activateShares);
  }

  /** Removes what this organization has of former sharings. */
  @Transaction()
  @Returns('string')
  async PurgeFormerShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'custody:PurgeFormerShares', request, purgeFormerShares);
  }
}
