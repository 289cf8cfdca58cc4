/**
 * Contract `audit`: the patient's log.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { listEntries } from './rules/audit.js';

/** Requests, responses and who endorses: `TRANSACTIONS['audit:…']` of the model. */
@Info({ title: 'audit', description: "The patient's log" })
export class AuditContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('audit', service);
  }

  @Transaction(false)
  @Returns('string')
  async ListEntries(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'audit:ListEntries', request, listEntries);
  }
}
