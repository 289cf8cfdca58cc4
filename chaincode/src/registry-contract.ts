/**
 * Contract `registry`: users, custodians, scopes and policies.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import {
  getCustodianKey,
  listCustodians,
  publishCustodian,
  retireCustodian,
} from './rules/custodians.js';
import { getKeyHistory, rotateKeys } from './rules/key-rotation.js';
import { getPolicy, publishPolicy } from './rules/policies.js';
import { getCurrentScope, getScope, publishScopes } from './rules/scopes.js';
import { getUser, registerUser, suspendUser } from './rules/users.js';

/** Requests, responses and who endorses: `TRANSACTIONS['registry:…']` of the model. */
@Info({ title: 'registry', description: 'Users, custodians, scopes and policies' })
export class RegistryContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('registry', service);
  }

  /** Registers the caller. A repeat with the same keys returns the registration. */
  @Transaction()
  @Returns('string')
  async RegisterUser(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:RegisterUser', request, registerUser);
  }

  /** For good: a suspended user calls nothing any more. By the own admin or the user. */
  @Transaction()
  @Returns('string')
  async SuspendUser(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:SuspendUser', request, suspendUser);
  }

  @Transaction(false)
  @Returns('string')
  async GetUser(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetUser', request, getUser);
  }

  /** From then on only the new key signs for the caller. A repeat returns the user as it stands. */
  @Transaction()
  @Returns('string')
  async RotateKeys(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:RotateKeys', request, rotateKeys);
  }

  @Transaction(false)
  @Returns('string')
  async GetKeyHistory(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetKeyHistory', request, getKeyHistory);
  }

  /** Generations grow by one. By an admin of the organization. */
  @Transaction()
  @Returns('string')
  async PublishCustodian(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:PublishCustodian', request, publishCustodian);
  }

  /** No grant may name an earlier key from then on. By an admin of the organization. */
  @Transaction()
  @Returns('string')
  async RetireCustodian(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:RetireCustodian', request, retireCustodian);
  }

  @Transaction(false)
  @Returns('string')
  async ListCustodians(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:ListCustodians', request, listCustodians);
  }

  @Transaction(false)
  @Returns('string')
  async GetCustodianKey(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetCustodianKey', request, getCustodianKey);
  }

  /** All or none. Scopes that are published already, with the same key, are left as they are. */
  @Transaction()
  @Returns('string')
  async PublishScopes(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:PublishScopes', request, publishScopes);
  }

  @Transaction(false)
  @Returns('string')
  async GetScope(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetScope', request, getScope);
  }

  @Transaction(false)
  @Returns('string')
  async GetCurrentScope(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetCurrentScope', request, getCurrentScope);
  }

  @Transaction()
  @Returns('string')
  async PublishPolicy(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:PublishPolicy', request, publishPolicy);
  }

  @Transaction(false)
  @Returns('string')
  async GetPolicy(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'registry:GetPolicy', request, getPolicy);
  }
}
