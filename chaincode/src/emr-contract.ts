/**
 * Base of every contract: admission before, the error boundary around, canonical JSON in and out.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  encodeWireError,
  parseJson,
  TRANSACTIONS,
  type TransactionName,
} from '@emr-share/model';
import { admit } from './admission.js';
import type { ServiceSource } from './contract-service.js';
import { Contract, type Context } from './fabric.js';
import type { Rule } from './invocation.js';

type Around = Parameters<Contract['aroundTransaction']>;

/**
 * A contract of one organization's service.
 *
 * The service sits in a private field on purpose: fabric-shim serializes contract instances into the
 * metadata that any client may read.
 */
export abstract class EmrContract extends Contract {
  readonly #service: ServiceSource;

  constructor(name: string, service: ServiceSource) {
    super(name);
    this.#service = service;
  }

  /**
   * The only place where errors are caught: of a failed transaction nothing but `message` crosses to
   * the client, so it carries the code and its fields. Anything unexpected is logged and told apart
   * by the transaction ID alone.
   */
  override aroundTransaction(...[ctx, fn, parameters]: Around): Promise<void> {
    return super.aroundTransaction(ctx, fn, parameters).catch((error: unknown) => {
      throw new Error(encodeWireError(this.#asEmrError(ctx, error)), { cause: error });
    });
  }

  /** @throws EmrError `INPUT_INVALID` in its wire form. */
  override unknownTransaction(_ctx: Context): Promise<void> {
    const problem = `contract ${this.getName()} has no transaction of that name`;
    const error = new EmrError('INPUT_INVALID', { what: 'the transaction', problem });
    return Promise.reject(new Error(encodeWireError(error)));
  }

  /** Admits the call, validates the request, runs the rule, and encodes what it gives. */
  protected async answer<N extends TransactionName>(
    ctx: Context,
    name: N,
    requestJson: string,
    rule: Rule<N>,
  ): Promise<string> {
    const invocation = await admit(ctx, await this.#service(), name);
    const request = parseJson(TRANSACTIONS[name].request, requestJson, `the request of ${name}`);
    return canonicalJson(await rule(invocation, request));
  }

  #asEmrError(ctx: Context, error: unknown): EmrError {
    if (EmrError.is(error)) return error;
    ctx.logging.getLogger(this.getName()).error(`${ctx.stub.getTxID()}: ${traceOf(error)}`);
    return new EmrError('INTERNAL', {});
  }
}

/** The kind of an error and where it arose. Its message may quote the data that it choked on. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no Error was thrown';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames].join('\n');
}
