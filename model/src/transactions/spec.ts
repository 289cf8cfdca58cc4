/**
 * What every entry of the table of transactions is made of.
 *
 * @module
 */
import * as v from 'valibot';
import { MAX_SCOPES_PER_CALL } from '../grant.js';

/**
 * `consortium`: a transaction endorsed by a majority of the organizations.
 * `organization`: a transaction of one organization alone, writing its private data only.
 * `query`: evaluated on any peer. `custodian-query`: evaluated on each organization's own peer.
 */
export type TransactionKind = 'consortium' | 'organization' | 'query' | 'custodian-query';

export interface TransactionSpec {
  readonly kind: TransactionKind;
  readonly request: v.GenericSchema;
  readonly response: v.GenericSchema;
}

/** Transactions by name. */
export type TransactionTable = Readonly<Record<string, TransactionSpec>>;

export const spec = <
  K extends TransactionKind,
  Q extends v.GenericSchema,
  R extends v.GenericSchema,
>(
  kind: K,
  request: Q,
  response: R,
): { readonly kind: K; readonly request: Q; readonly response: R } => ({ kind, request, response });

/** A request that says nothing. */
export const Empty = v.strictObject({});
/** 1 to 32 of something. */
export const list = <S extends v.GenericSchema>(
  item: S,
): v.SchemaWithPipe<
  readonly [
    v.ArraySchema<S, undefined>,
    v.MinLengthAction<v.InferOutput<S>[], 1, undefined>,
    v.MaxLengthAction<v.InferOutput<S>[], 32, undefined>,
  ]
> => v.pipe(v.array(item), v.minLength(1), v.maxLength(MAX_SCOPES_PER_CALL));

/** A page of a listing: `bookmark` is opaque; left out in a response on the last page. */
export const paged = { bookmark: v.optional(v.pipe(v.string(), v.maxLength(512))) };
export const PageSize = v.optional(
  v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(200)),
  100,
);
