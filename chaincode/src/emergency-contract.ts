/**
 * Contract `emergency`: declared, approved, ended, reviewed.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { approveEmergency, declareEmergency, endEmergency } from './rules/emergencies.js';
import {
  getReviewRule,
  listTickets,
  publishReviewRule,
  readReason,
  reviewEmergency,
} from './rules/reviews.js';

/** Requests, responses and who endorses: `TRANSACTIONS['emergency:…']` of the model. */
@Info({ title: 'emergency', description: 'Emergencies, their approvals, and their reviews' })
export class EmergencyContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('emergency', service);
  }

  /** Opens a ticket, once as many organizations approve as the patient's rule asks for. */
  @Transaction()
  @Returns('string')
  async Declare(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:Declare', request, declareEmergency);
  }

  /** Adds the caller's approval to a ticket. */
  @Transaction()
  @Returns('string')
  async Approve(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:Approve', request, approveEmergency);
  }

  /** Ends a ticket early. */
  @Transaction()
  @Returns('string')
  async End(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:End', request, endEmergency);
  }

  /** Clears or contests an emergency that is over. By a privacy officer of another organization. */
  @Transaction()
  @Returns('string')
  async Review(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:Review', request, reviewEmergency);
  }

  @Transaction(false)
  @Returns('string')
  async ListTickets(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:ListTickets', request, listTickets);
  }

  @Transaction(false)
  @Returns('string')
  async ReadReason(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:ReadReason', request, readReason);
  }

  /** Sets the consortium's grace for reviews. By an admin. */
  @Transaction()
  @Returns('string')
  async PublishReviewRule(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:PublishReviewRule', request, publishReviewRule);
  }

  @Transaction(false)
  @Returns('string')
  async GetReviewRule(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'emergency:GetReviewRule', request, getReviewRule);
  }
}
