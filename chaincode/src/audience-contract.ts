/**
 * Contract `audience`: grants to everyone whom a rule lets in, and what their tickets open.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import {
  closeAudience,
  getAudienceReceipt,
  getShareStatus,
  purgeShares,
} from './rules/audience-closing.js';
import { getAudience, listAudiences } from './rules/audience-queries.js';
import { getAudienceTicket, requestTicket } from './rules/audience-tickets.js';
import { createAudience, endAudience, extendAudience } from './rules/audiences.js';
import { listOpenRecords, openRecords } from './rules/open-records.js';
import { listOutdatedShares, resealShares } from './rules/share-custody.js';
import { depositShares } from './rules/share-deposit.js';

/** Requests, responses and who endorses: `TRANSACTIONS['audience:…']` of the model. */
@Info({ title: 'audience', description: 'Grants by rule, their shares, and their tickets' })
export class AudienceContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('audience', service);
  }

  /** Takes this organization's sealed shares from the transient data into its private data. */
  @Transaction()
  @Returns('string')
  async DepositShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:DepositShares', request, depositShares);
  }

  /** Puts an audience grant in force, once every custodian holds its shares. */
  @Transaction()
  @Returns('string')
  async CreateAudience(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:CreateAudience', request, createAudience);
  }

  /** Adds epochs of covered categories to an audience grant in force. */
  @Transaction()
  @Returns('string')
  async ExtendAudience(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:ExtendAudience', request, extendAudience);
  }

  /** Nobody gets in from then on, and its tickets open nothing. By the patient. */
  @Transaction()
  @Returns('string')
  async EndAudience(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:EndAudience', request, endAudience);
  }

  /** Removes this organization's shares of an audience grant that has ended. */
  @Transaction()
  @Returns('string')
  async PurgeShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:PurgeShares', request, purgeShares);
  }

  /** The receipt for an audience grant that has ended, once no organization has a share of it. */
  @Transaction()
  @Returns('string')
  async CloseAudience(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:CloseAudience', request, closeAudience);
  }

  @Transaction(false)
  @Returns('string')
  async GetReceipt(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:GetReceipt', request, getAudienceReceipt);
  }

  /** What a rotation of the custodian key has still to do here. By an admin of the organization. */
  @Transaction(false)
  @Returns('string')
  async ListOutdatedShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:ListOutdatedShares', request, listOutdatedShares);
  }

  /** Seals shares of this organization to a newer custodian key of its. */
  @Transaction()
  @Returns('string')
  async ResealShares(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:ResealShares', request, resealShares);
  }

  @Transaction(false)
  @Returns('string')
  async GetShareStatus(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:GetShareStatus', request, getShareStatus);
  }

  @Transaction(false)
  @Returns('string')
  async GetAudience(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:GetAudience', request, getAudience);
  }

  @Transaction(false)
  @Returns('string')
  async ListAudiences(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:ListAudiences', request, listAudiences);
  }

  /** Lets the caller in by attributes, and leaves the trace of it. */
  @Transaction()
  @Returns('string')
  async RequestTicket(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:RequestTicket', request, requestTicket);
  }

  @Transaction(false)
  @Returns('string')
  async GetTicket(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:GetTicket', request, getAudienceTicket);
  }

  @Transaction(false)
  @Returns('string')
  async ListRecords(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:ListRecords', request, listOpenRecords);
  }

  /** This organization's partial decryptions for the reader of a ticket. A query: it writes nothing. */
  @Transaction(false)
  @Returns('string')
  async OpenRecords(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audience:OpenRecords', request, openRecords);
  }
}
