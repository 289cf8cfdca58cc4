/**
 * Contract `access`: access tickets and re-encryption.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { findGrant, getTicket, requestAccess } from './rules/access.js';
import { reencrypt } from './rules/reencryption.js';

/** Requests, responses and who endorses: `TRANSACTIONS['access:…']` of the model. */
@Info({ title: 'access', description: 'Access tickets and re-encryption' })
export class AccessContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('access', service);
  }

  @Transaction(false)
  @Returns('string')
  async FindGrant(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'access:FindGrant', request, findGrant);
  }

  /** Decides one access and leaves its trace: a ticket and an entry in the patient's log. */
  @Transaction()
  @Returns('string')
  async RequestAccess(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'access:RequestAccess', request, requestAccess);
  }

  @Transaction(false)
  @Returns('string')
  async GetTicket(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'access:GetTicket', request, getTicket);
  }

  /** This organization's cfrag for the reader of a committed ticket. A query: it writes nothing. */
  @Transaction(false)
  @Returns('string')
  async Reencrypt(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'access:Reencrypt', request, reencrypt);
  }
}
