/**
 * The part of the Fabric CA API that a network needs, spoken directly: no secret stands on a command
 * line, and no program is started for each certificate.
 *
 * @module
 */
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { type HttpAnswer, httpRequest } from '../http-request.js';
import { ecdsaToken } from './ecdsa-token.js';

/** The two CAs in an organization's server: one for enrolment, one for TLS. */
export type CaName = 'ca' | 'tlsca';
/** What an identity is, and the OU that its certificate gets. */
export type IdentityType = 'client' | 'peer' | 'orderer' | 'admin';

export interface Attribute {
  name: string;
  value: string;
  /** Whether it goes into every enrolment certificate. */
  ecert: boolean;
}

/** Certificate and private key, both PEM. */
export interface Credentials {
  certificate: string;
  key: string;
}

/** Whom the CA shall know. */
export interface Registration {
  id: string;
  type: IdentityType;
  secret: string;
  attributes: readonly Attribute[];
  /** How often the secret may be used; without limit by default. */
  maxEnrolments?: number;
}

const UNLIMITED = -1;

const Failure = v.object({
  errors: v.array(v.object({ code: v.number(), message: v.string() })),
});
const Answer = v.object({ success: v.boolean(), result: v.unknown() });
const Enrolled = v.object({ Cert: v.string() });
const Info = v.object({ CAName: v.string(), CAChain: v.string() });

/** The CA's code for "an identity of that name is registered already". */
const ALREADY_REGISTERED = 74;

interface Refusal {
  code: number;
  message: string;
}

function refusalIn({ status, body }: HttpAnswer): Refusal {
  try {
    const [first] = v.parse(Failure, JSON.parse(body)).errors;
    if (first !== undefined) return first;
  } catch {
    // not the CA's own form: the status says it
  }
  return { code: 0, message: `status ${String(status)}` };
}

export class CaClient {
  readonly #url: string;
  readonly #trust: string;
  readonly #name: CaName;
  readonly #signal: AbortSignal | undefined;

  /** @param trust - PEM of the root that the server's own certificate leads to */
  constructor(url: string, trust: string, name: CaName, signal?: AbortSignal) {
    this.#url = url;
    this.#trust = trust;
    this.#name = name;
    this.#signal = signal;
  }

  /** The CA's own certificate, PEM. Open to anybody. */
  async caCertificate(): Promise<string> {
    const path = `/cainfo?ca=${this.#name}`;
    const answer = await httpRequest(`${this.#url}${path}`, this.#options());
    const info = this.#read(Info, answer, 'tell its certificate');
    return Buffer.from(info.CAChain, 'base64').toString('utf8');
  }

  /** Exchanges a name and a one-time secret for a certificate, PEM. */
  async enroll(id: string, secret: string, csr: string): Promise<string> {
    const basic = Buffer.from(`${id}:${secret}`).toString('base64');
    const answer = await httpRequest(`${this.#url}/api/v1/enroll`, {
      ...this.#options(),
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
      body: JSON.stringify({ certificate_request: csr, caname: this.#name }),
    });
    const { Cert } = this.#read(Enrolled, answer, `enrol ${id}`);
    return Buffer.from(Cert, 'base64').toString('utf8');
  }

  /**
   * Makes the identity known with a secret; one that is known already gets the new secret, type and
   * attributes, so that an interrupted enrolment can be done again.
   *
   * @param registrar - enrolled at this CA, with the right to register
   */
  async register(registrar: Credentials, identity: Registration): Promise<void> {
    const { id, type, secret, attributes, maxEnrolments = UNLIMITED } = identity;
    const limit = { max_enrollments: maxEnrolments };
    const common = { type, secret, ...limit, affiliation: '', attrs: attributes };
    const action = `register ${id}`;
    const answer = await this.#signed(registrar, 'POST', '/api/v1/identities', { id, ...common });
    if (answer.status < 300) return;
    const refusal = refusalIn(answer);
    if (refusal.code !== ALREADY_REGISTERED) throw this.#refused(action, refusal.message);
    const again = await this.#signed(registrar, 'PUT', `/api/v1/identities/${id}`, common);
    if (again.status >= 300) throw this.#refused(action, refusalIn(again).message);
  }

  #signed(
    registrar: Credentials,
    method: 'POST' | 'PUT',
    path: string,
    request: object,
  ): Promise<HttpAnswer> {
    const body = JSON.stringify({ ...request, caname: this.#name });
    const authorization = ecdsaToken(registrar, method, path, body);
    return httpRequest(`${this.#url}${path}`, {
      ...this.#options(),
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body,
    });
  }

  #options(): { tls: { ca: string }; signal: AbortSignal | undefined } {
    return { tls: { ca: this.#trust }, signal: this.#signal };
  }

  #read<T>(schema: v.GenericSchema<unknown, T>, answer: HttpAnswer, action: string): T {
    if (answer.status >= 300) throw this.#refused(action, refusalIn(answer).message);
    try {
      return v.parse(schema, v.parse(Answer, JSON.parse(answer.body)).result);
    } catch (error) {
      throw this.#refused(action, `its answer has another form (${problemOf(error)})`);
    }
  }

  #refused(action: string, problem: string): NetworkError {
    return new NetworkError('CA_REFUSED', { ca: `${this.#name} at ${this.#url}`, action, problem });
  }
}
