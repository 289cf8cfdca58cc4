/**
 * Contract `records`: records and the doors to their keys.
 *
 * @module
 */
import type { ServiceSource } from './contract-service.js';
import { EmrContract } from './emr-contract.js';
import { Context, Info, Returns, Transaction } from './fabric.js';
import { fileRecord } from './rules/record-filing.js';
import { getRecord, listRecords } from './rules/record-queries.js';
import { getWrap, wrapRecord } from './rules/wraps.js';

/** Requests, responses and who endorses: `TRANSACTIONS['records:…']` of the model. */
@Info({ title: 'records', description: 'Records and the doors to their keys' })
export class RecordsContract extends EmrContract {
  constructor(service: ServiceSource) {
    super('records', service);
  }

  /** Files a record under the author's signature. A repeat returns the record as filed. */
  @Transaction()
  @Returns('string')
  async FileRecord(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'records:FileRecord', request, fileRecord);
  }

  @Transaction(false)
  @Returns('string')
  async GetRecord(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'records:GetRecord', request, getRecord);
  }

  /** A page may hold fewer records than asked for, or none, and still have a bookmark. */
  @Transaction(false)
  @Returns('string')
  async ListRecords(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'records:ListRecords', request, listRecords);
  }

  /** Adds the door that a grant of one record goes through. */
  @Transaction()
  @Returns('string')
  async WrapRecord(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'records:WrapRecord', request, wrapRecord);
  }

  @Transaction(false)
  @Returns('string')
  async GetWrap(ctx: Context, request: string): Promise<string> {
    return this.answer(ctx, 'records:GetWrap', request, getWrap);
  }
}
