/**
 * Requests to a Fabric CA server: signed by an enrolled identity or open, and what it refuses.
 *
 * @module
 */
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { type HttpAnswer, type HttpOptions, httpRequest } from '../http-request.js';
import type { Credentials } from './credentials.js';
import { ecdsaToken } from './ecdsa-token.js';

/** The two CAs in an organization's server: one for enrolment, one for TLS. */
export type CaName = 'ca' | 'tlsca';

const Failure = v.object({
  errors: v.pipe(v.array(v.object({ code: v.number(), message: v.string() })), v.minLength(1)),
});
const Answer = v.object({ success: v.boolean(), result: v.unknown() });
const JSON_TYPE = { 'content-type': 'application/json' };

/** Why the CA refused; `code` is 0 where it did not say so in its own form. */
export interface CaRefusal {
  code: number;
  message: string;
}

/** What the CA refused with; `null` where it did what was asked. */
export function refusalIn({ status, body }: HttpAnswer): CaRefusal | null {
  if (status < 300) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Failure), body);
  const [first] = parsed.success ? parsed.output.errors : [];
  return first ?? { code: 0, message: `status ${String(status)}` };
}

export class CaConnection {
  readonly name: CaName;
  readonly #url: string;
  readonly #trust: string;
  readonly #signal: AbortSignal | undefined;

  constructor(url: string, trust: string, name: CaName, signal?: AbortSignal) {
    this.#url = url;
    this.#trust = trust;
    this.name = name;
    this.#signal = signal;
  }

  open(path: string): Promise<HttpAnswer> {
    return this.#request(path, {});
  }

  /** With name and secret instead of a certificate. */
  withSecret(path: string, id: string, secret: string, request: object): Promise<HttpAnswer> {
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const body = JSON.stringify({ ...request, caname: this.name });
    return this.#request(path, { method: 'POST', body, headers: { authorization, ...JSON_TYPE } });
  }

  /** @param path - with its query: the signature covers both */
  signedGet(by: Credentials, path: string): Promise<HttpAnswer> {
    return this.#request(path, { headers: { authorization: ecdsaToken(by, 'GET', path, '') } });
  }

  signed(
    by: Credentials,
    method: 'POST' | 'PUT',
    path: string,
    request: object,
  ): Promise<HttpAnswer> {
    const body = JSON.stringify({ ...request, caname: this.name });
    const authorization = ecdsaToken(by, method, path, body);
    return this.#request(path, { method, body, headers: { authorization, ...JSON_TYPE } });
  }

  /** @throws {@link NetworkError} CA_REFUSED */
  read<T>(schema: v.GenericSchema<unknown, T>, answer: HttpAnswer, action: string): T {
    this.requireDone(answer, action);
    try {
      return v.parse(schema, v.parse(Answer, JSON.parse(answer.body)).result);
    } catch (error) {
      throw this.refused(action, `its answer has another form (${problemOf(error)})`);
    }
  }

  /** @throws {@link NetworkError} CA_REFUSED */
  requireDone(answer: HttpAnswer, action: string): void {
    const refusal = refusalIn(answer);
    if (refusal !== null) throw this.refused(action, refusal.message);
  }

  refused(action: string, problem: string): NetworkError<'CA_REFUSED'> {
    return new NetworkError('CA_REFUSED', { ca: `${this.name} at ${this.#url}`, action, problem });
  }

  #request(path: string, options: HttpOptions): Promise<HttpAnswer> {
    const common = { tls: { ca: this.#trust }, signal: this.#signal };
    return httpRequest(`${this.#url}${path}`, { ...options, ...common });
  }
}
